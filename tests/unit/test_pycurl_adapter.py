"""The pycurl adapter's error codes."""

import errno
import unittest

import pycurl

from http_benchmark.clients import pycurl_adapter
from http_benchmark.clients.base import ErrorTable, classify
from http_benchmark.errors import ErrorKind
from tests.unit.adapter_case import AdapterCase

# Codes that an HTTP transfer does not end with, by the beginnings of their names.
OTHER_PROTOCOLS = ("FTP", "TFTP", "LDAP", "TELNET", "RTSP", "SSH", "REMOTE", "FILE", "QUOTE", "CHUNK_FAILED")
OF_THE_MACHINE_OR_OURS = {  # of the machine, of a callback that we do not set, or of a call that we do not make
    "OK", "AGAIN", "ALREADY_COMPLETE", "BAD_CALLING_ORDER", "BAD_DOWNLOAD_RESUME", "BAD_PASSWORD_ENTERED",
    "CALL_MULTI_PERFORM", "CONV_FAILED", "CONV_REQD", "FAILED_INIT", "FUNCTION_NOT_FOUND", "HTTP_PORT_FAILED",
    "LIBRARY_NOT_FOUND", "MALFORMAT_USER", "OUT_OF_MEMORY", "READ_ERROR", "SHARE_IN_USE", "UNKNOWN_TELNET_OPTION",
    "UPLOAD_FAILED", "URL_MALFORMAT_USER", "WRITE_ERROR",
}  # fmt: skip


class PycurlAdapterTest(AdapterCase, unittest.TestCase):
    adapter = pycurl_adapter
    exceptions = (pycurl,)

    def test_every_public_exception_has_a_kind(self):
        """There is one class; every code that an HTTP transfer can end with has a kind."""
        self.assertEqual((pycurl.error,), tuple(exception_class for exception_class, _ in self.table))
        names = [name[2:] for name in dir(pycurl) if name.startswith("E_") and not name.startswith("E_MULTI_")]
        checked = [
            name for name in names if not name.startswith(OTHER_PROTOCOLS) and name not in OF_THE_MACHINE_OR_OURS
        ]
        self.assertGreater(len(checked), 30)
        for name in checked:
            with self.subTest(name):
                code = getattr(pycurl, f"E_{name}")
                self.assertNotEqual(ErrorKind.OTHER, classify(pycurl.error(code, "", 0), self.table))

    def test_a_code_with_several_meanings_is_told_by_errno_or_words(self):
        """Refused or unreachable, connecting or waiting, reset or garbled, no HTTP or no such protocol."""
        for code, message, system_error, kind in (
            (7, "Failed to connect", errno.ECONNREFUSED, ErrorKind.CONNECTION_REFUSED),
            (7, "Failed to connect", errno.EHOSTUNREACH, ErrorKind.CONNECT),
            (28, "Connection timed out after 300 milliseconds", 0, ErrorKind.CONNECT_TIMEOUT),
            (28, "Operation timed out after 300 milliseconds with 0 bytes", 0, ErrorKind.TIMEOUT),
            (56, "Recv failure: Connection reset by peer", errno.ECONNRESET, ErrorKind.CONNECTION_RESET),
            (56, "chunk hex-length char not a hex digit", 0, ErrorKind.PROTOCOL),
            (1, "Received HTTP/0.9 when not allowed", 0, ErrorKind.PROTOCOL),
            (1, 'Protocol "foo" not supported', 0, ErrorKind.INVALID_REQUEST),
            (12345, "news from libcurl", 0, ErrorKind.OTHER),
        ):
            with self.subTest(message=message, system_error=system_error):
                self.assertEqual(kind, classify(pycurl.error(code, message, system_error), self.table))

    @property
    def table(self) -> ErrorTable:
        return pycurl_adapter.ERRORS


if __name__ == "__main__":
    unittest.main()
