"""The certificates that the origin shows: what a client that trusts the run's authority makes of each kind."""

import ssl
import unittest
from pathlib import Path
from typing import get_args

from http_benchmark.origin.options import CertificateKind
from http_benchmark.origin.tls import Credentials, credentials

EXPIRED, SELF_SIGNED, NO_ISSUER, OTHER_HOST, OTHER_ADDRESS = 10, 18, 20, 62, 64  # OpenSSL's numbers


def verdict(shown: Credentials, host: str) -> int:
    """OpenSSL's number for what is wrong with a certificate; 0 for nothing. No socket: the two pass on their bytes."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context(cadata=shown.authority)
    client = trusting.wrap_bio(to_client, to_server, server_hostname=host)
    server = shown.context().wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as error:
                return error.verify_code
    return 0


class CertificateTest(unittest.TestCase):
    def test_a_good_one_is_accepted_for_every_name_of_this_machine(self):
        """By address of both families, by name, and for the address that the origin listens on."""
        shown = credentials("good", ["127.0.0.7"])
        for host in ("127.0.0.1", "::1", "localhost", "127.0.0.7"):
            with self.subTest(host):
                self.assertEqual(0, verdict(shown, host))
        self.assertEqual(OTHER_ADDRESS, verdict(shown, "127.0.0.8"))

    def test_an_unspecified_address_is_no_name(self):
        """Who listens everywhere is reached by the usual names."""
        self.assertEqual(0, verdict(credentials("good", ["0.0.0.0"]), "localhost"))

    def test_each_bad_one_is_refused_for_its_own_fault(self):
        """One fault each, and no kind without a test."""
        faults = {
            "good": {0},
            "wrong-host": {OTHER_HOST, OTHER_ADDRESS},
            "expired": {EXPIRED},
            "unknown-authority": {NO_ISSUER},
            "self-signed": {SELF_SIGNED},
        }
        self.assertEqual(set(get_args(CertificateKind)), set(faults))
        for kind, codes in faults.items():
            shown = credentials(kind)
            for host in ("127.0.0.1", "localhost"):
                with self.subTest(kind, host=host):
                    self.assertIn(verdict(shown, host), codes)

    def test_the_files_are_private_and_do_not_stay(self):
        """Chain and key can be read by this user alone while they are needed, and are gone afterwards."""
        with credentials().files() as files:
            self.assertEqual([0o700], list({path.parent.stat().st_mode & 0o777 for path in files}))
            self.assertTrue(all(path.read_bytes().startswith(b"-----BEGIN ") for path in files))
        self.assertEqual([False, False], [Path(path).exists() for path in files])


if __name__ == "__main__":
    unittest.main()
