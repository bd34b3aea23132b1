import json
import unittest
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme
from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.benchmark_configuration import BenchmarkConfiguration
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.http_request import HTTPRequest
from http_benchmark.models.resource_metrics import ResourceMetrics

URL = "http://127.0.0.1:8080/get"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def faults(kind: type, *arguments: Any, **values: Any) -> tuple[str, ...]:
    """What a constructor refuses; empty if it refuses nothing."""
    try:
        kind(*arguments, **values)
    except ConfigurationError as error:
        return error.faults
    return ()


class BenchmarkConfigurationTest(unittest.TestCase):
    def test_all_arguments_can_be_given_by_position(self) -> None:
        """The order of the arguments is the one that callers of old rely on."""
        configuration = BenchmarkConfiguration(
            URL, "POST", {"A": "b"}, "text", 5, 3, 100, "httpx", True, 7, False, 2, 0.5, "nightly", "id-1"
        )

        self.assertEqual(
            {
                "target_url": URL,
                "http_method": "POST",
                "headers": {"A": "b"},
                "body": "text",
                "concurrency": 5,
                "duration_seconds": 3,
                "total_requests": 100,
                "client_library": "httpx",
                "is_async": True,
                "timeout": 7,
                "verify_ssl": False,
                "retry_attempts": 2,
                "delay_between_requests": 0.5,
                "name": "nightly",
                "id": "id-1",
            },
            configuration.to_dict(),
        )

    def test_none_stands_for_the_defaults(self) -> None:
        """None gives no headers, no body, a name that mentions the URL and a new id."""
        configuration = BenchmarkConfiguration(target_url=URL, headers=None, body=None, name=None, id=None)

        self.assertEqual({}, configuration.headers)
        self.assertEqual("", configuration.body)
        self.assertIn(URL, configuration.name)
        self.assertRegex(configuration.id, r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$")
        self.assertNotEqual(BenchmarkConfiguration(URL).id, BenchmarkConfiguration(URL).id)

    def test_defaults_are_the_documented_ones(self) -> None:
        """Only the URL must be given."""
        configuration = BenchmarkConfiguration(URL)

        self.assertEqual(
            ("GET", 10, 30, None, "requests", False, 30, True, 0, 0.0),
            (
                configuration.http_method,
                configuration.concurrency,
                configuration.duration_seconds,
                configuration.total_requests,
                configuration.client_library,
                configuration.is_async,
                configuration.timeout,
                configuration.verify_ssl,
                configuration.retry_attempts,
                configuration.delay_between_requests,
            ),
        )

    def test_whole_numbers_stay_whole(self) -> None:
        """A duration of 30 can still be used as a range."""
        self.assertIsInstance(BenchmarkConfiguration(URL).duration_seconds, int)

    def test_attributes_are_plain(self) -> None:
        """An attribute can be assigned; `checked` finds what is wrong with it."""
        configuration = BenchmarkConfiguration(URL, name="n", id="i")
        configuration.concurrency = 5
        self.assertEqual(5, configuration.checked().concurrency)
        self.assertEqual(configuration, configuration.checked())

        configuration.concurrency = 0
        with self.assertRaisesRegex(ConfigurationError, "concurrency must be above 0"):
            configuration.checked()

    def test_dict_and_back(self) -> None:
        """`from_dict` is the inverse of `to_dict`, for a body of bytes too."""
        configuration = BenchmarkConfiguration(URL, "post", {"A": "b"}, b"\x00\xff")

        self.assertEqual(configuration, BenchmarkConfiguration.from_dict(configuration.to_dict()))
        self.assertEqual(b"\x00\xff", configuration.body)
        self.assertEqual("POST", configuration.http_method)

    def test_each_fault_is_one_line_with_the_value_and_the_advice(self) -> None:
        """Each wrong setting is refused by itself."""
        cases: list[tuple[dict[str, Any], str]] = [
            ({"target_url": "127.0.0.1:8080"}, r"target_url must start with http.*'127.0.0.1:8080'; write"),
            ({"target_url": "ftp://h/"}, r"must start with http:// or https://, got 'ftp://h/'"),
            ({"target_url": "http:///get"}, r"must name a host.*'http:///get'"),
            ({"target_url": "http://h:99999/"}, r"is no URL, got 'http://h:99999/'"),
            ({"target_url": "http://h/a b"}, r"spaces or control characters, got 'http://h/a b'"),
            ({"target_url": "http://h/\r\nX: y"}, r"spaces or control characters"),
            ({"http_method": "FETCH"}, r"http_method must be one of GET, .*, STREAM, got 'FETCH'"),
            ({"headers": {"A": "b\r\nC: d"}}, r"header 'A' must not contain a line break"),
            ({"headers": {"A\n": "b"}}, r"header 'A\\n' must not contain a line break"),
            ({"headers": {"A B": "b"}}, r"header name 'A B' is not valid"),
            ({"headers": {"": "b"}}, r"header name '' is not valid"),
            ({"headers": {"A": "\x00"}}, r"header 'A' has a value with characters"),
            ({"headers": {"A": "€"}}, r"header 'A' has a value with characters"),
            ({"headers": {"A": 1}}, r"headers \(--header\): entry 1 must be text"),
            ({"headers": 5}, r"headers must be a mapping of names to values, got int"),
            ({"body": 5}, r"body must be text or bytes, got int"),
            ({"body": "x", "http_method": "HEAD"}, r"body is not sent with HEAD; leave it out"),
            ({"body": "x", "http_method": "stream"}, r"body is not sent with STREAM"),
            ({"concurrency": 0}, r"concurrency must be above 0 and finite, got 0"),
            ({"concurrency": "many"}, r"concurrency must be a whole number, got 'many'"),
            ({"duration_seconds": 0}, r"duration_seconds must be above 0 and finite, got 0"),
            ({"duration_seconds": float("nan")}, r"duration_seconds must be above 0 and finite, got nan"),
            ({"duration_seconds": float("inf")}, r"duration_seconds must be above 0 and finite, got inf"),
            ({"duration_seconds": "soon"}, r"duration_seconds: not a duration: 'soon'; write"),
            ({"total_requests": -1}, r"total_requests must be above 0 and finite, got -1"),
            ({"duration_seconds": None}, r"duration_seconds and total_requests are both None; give one"),
            ({"client_library": "reqests"}, r"unknown client 'reqests'; did you mean requests"),
            ({"client_library": "curl9000x"}, r"unknown client 'curl9000x'; (did you mean|choose from)"),
            ({"client_library": "aiohttp"}, r"aiohttp has no sync mode; use is_async=True"),
            ({"client_library": "requests", "is_async": True}, r"requests has no async mode; use is_async=False"),
            ({"timeout": 0}, r"timeout must be above 0 and finite, got 0"),
            ({"retry_attempts": -1}, r"retry_attempts must be 0 or above and finite, got -1"),
            ({"delay_between_requests": -0.1}, r"delay_between_requests must be 0 or above and finite, got -0.1"),
            ({"concurency": 5}, r"unknown setting 'concurency'; did you mean concurrency"),
        ]
        for values, expected in cases:
            with self.subTest(values):
                found = faults(BenchmarkConfiguration, **({"target_url": URL} | values))
                self.assertEqual(1, len(found), found)
                self.assertRegex(found[0], expected)
                self.assertNotIn("\n", found[0])

    def test_all_faults_are_reported_at_once(self) -> None:
        """One run tells all that must be corrected, faults that involve two settings included."""
        found = faults(
            BenchmarkConfiguration,
            *("x", "HEAD", {"A": "b\n", "C D": "e"}, "body", 0, None, None, "aiohttp", False, -1, True, -1, -1),
        )

        self.assertEqual(
            "target_url header header body concurrency duration_seconds aiohttp timeout retry_attempts "
            "delay_between_requests",
            " ".join(fault.split()[0] for fault in found),
        )

    def test_arguments_by_position_are_named_in_faults(self) -> None:
        """The tenth argument is called `timeout`, not 9."""
        self.assertEqual(
            ("verify_ssl must be true or false, got 'maybe'",),
            faults(BenchmarkConfiguration, URL, "GET", {}, "", 1, 1, 1, "requests", False, 1, "maybe"),
        )

    def test_secrets_are_neither_repeated_in_faults_nor_shown(self) -> None:
        """A password in the URL, a header's value and a body stay out of messages, names and `repr`."""
        secret = "hunter2"
        found = faults(
            BenchmarkConfiguration, f"ftp://me:{secret}@h/", "HEAD", {"A": f"{secret}\n", "B": [secret]}, secret
        )
        shown = BenchmarkConfiguration(f"http://me:{secret}@h/", "POST", {"A": secret}, secret)

        self.assertEqual(4, len(found))
        self.assertNotIn(secret, "\n".join(found))
        self.assertNotIn(secret, shown.name)
        self.assertEqual(1, repr(shown).count(secret))  # in target_url, which is as given

    def test_request_count_alone_is_enough(self) -> None:
        """A number of requests needs no duration."""
        self.assertEqual((), faults(BenchmarkConfiguration, URL, duration_seconds=None, total_requests=100))


class HTTPRequestTest(unittest.TestCase):
    def test_all_arguments_can_be_given_by_position(self) -> None:
        """The order of the arguments is the one that callers of old rely on."""
        request = HTTPRequest("PUT", URL, {"A": "b"}, b"x", 5, False, True, "id-1")

        self.assertEqual(
            {
                "method": "PUT",
                "url": URL,
                "headers": {"A": "b"},
                "body": b"x",
                "timeout": 5,
                "verify_ssl": False,
                "stream": True,
                "id": "id-1",
            },
            request.to_dict(),
        )

    def test_faults_are_reported_at_once(self) -> None:
        """A request is checked like a configuration."""
        found = faults(HTTPRequest, "HEAD", "h/", {"A": "\n"}, "x", 0)

        self.assertEqual(["url", "header", "body", "timeout"], [fault.split()[0] for fault in found])


class ResultModelsTest(unittest.TestCase):
    def test_resource_metrics_by_position(self) -> None:
        """Disk figures default to 0 and the id to a new one; what could not be read is None."""
        metrics = ResourceMetrics("b", NOON, 1.5, None, 10, 20)

        values = metrics.to_dict()
        self.assertEqual(metrics.id, values.pop("id"))
        self.assertEqual(
            {
                "benchmark_id": "b",
                "timestamp": NOON,
                "cpu_percent": 1.5,
                "memory_mb": None,
                "bytes_sent": 10,
                "bytes_received": 20,
                "disk_read_mb": 0.0,
                "disk_write_mb": 0.0,
            },
            values,
        )

    def test_result_by_position(self) -> None:
        """The id and the median come last, since code written before them counts on the order."""
        result = BenchmarkResult(
            *("n", "requests", "sync", "GET", URL, NOON, NOON, 1.0, 100, 99.0, 0.1, 0.05, 0.3, 0.2, 0.25),
            *(50.0, 20.0, {"bytes_sent": 1, "bytes_recv": 2}, 3, 3.0, 10, {"timeout": 30}, "id-1", 0.09),
        )

        self.assertEqual(("id-1", 0.09, 0.2, 0.25), (result.id, result.p50_response_time, *p95_and_p99(result)))
        self.assertEqual(result, BenchmarkResult.from_dict(result.to_dict()))

    def test_moments_stay_moments(self) -> None:
        """`to_dict` keeps `datetime`s, and keeps them as given, with a time zone or without."""
        naive = datetime(2026, 1, 1)  # as code of old passes them
        values = a_result(start_time=naive, end_time=NOON).to_dict()

        self.assertEqual((naive, NOON), (values["start_time"], values["end_time"]))

    def test_figures_may_be_missing(self) -> None:
        """What could not be measured is None."""
        result = a_result(cpu_usage_avg=None, memory_usage_avg=None, network_io={"bytes_sent": None})

        self.assertEqual(
            (None, None, {"bytes_sent": None}), (result.cpu_usage_avg, result.memory_usage_avg, result.network_io)
        )


def p95_and_p99(result: BenchmarkResult) -> tuple[float | None, float | None]:
    return result.p95_response_time, result.p99_response_time


def a_result(**changes: Any) -> BenchmarkResult:
    values = {
        "name": "n",
        "client_library": "requests",
        "client_type": "sync",
        "http_method": "GET",
        "url": URL,
        "start_time": NOON,
        "end_time": NOON,
        "duration": 1.0,
        "requests_count": 100,
        "requests_per_second": 99.0,
        "avg_response_time": 0.1,
        "min_response_time": 0.05,
        "max_response_time": 0.3,
        "p95_response_time": 0.2,
        "p99_response_time": 0.25,
        "cpu_usage_avg": 50.0,
        "memory_usage_avg": 20.0,
        "network_io": {},
        "error_count": 0,
        "error_rate": 0.0,
        "concurrency_level": 10,
        "config_snapshot": {},
    }
    return BenchmarkResult(**values | changes)


class ExperimentConfigurationTest(unittest.TestCase):
    def test_quantities_are_read_as_people_write_them(self) -> None:
        """Durations are seconds and sizes are bytes inside."""
        configuration = ExperimentConfiguration(
            duration="250ms", warmup="0", timeout="1m", think_time="2ms", body_size="64KiB", method="post"
        )

        self.assertEqual(
            (0.25, 0, 60, 0.002, 65536, "POST"),
            (
                configuration.duration,
                configuration.warmup,
                configuration.timeout,
                configuration.think_time,
                configuration.body_size,
                configuration.method,
            ),
        )

    def test_headers_in_three_spellings(self) -> None:
        """Texts, pairs and a mapping give the same pairs, in order."""
        expected = [("A", "b: c"), ("D", "")]
        for headers in (["A: b: c", "D:"], [("A", "b: c"), ("D", "")], {"A": "b: c", "D": ""}, [["A", "b: c"], "D: "]):
            with self.subTest(headers):
                read = ExperimentConfiguration(headers=headers).headers

                self.assertEqual(expected, [(name, text.reveal({})) for name, text in read])

    def test_lists_in_words(self) -> None:
        """Contenders and tags can be one text, as in an environment variable."""
        for text in ("httpx,aiohttp:async", " httpx , aiohttp:async,", '["httpx", "aiohttp:async"]'):
            with self.subTest(text):
                self.assertEqual(("httpx", "aiohttp:async"), ExperimentConfiguration(contenders=text).contenders)

    def test_target_may_be_a_path_on_the_bundled_origin(self) -> None:
        """A path needs no host; anything else must be a URL."""
        self.assertEqual("/delay/1?x=y", str(ExperimentConfiguration(url="/delay/1?x=y").url))

    def test_each_fault_is_one_line_with_the_value_and_the_advice(self) -> None:
        """Each wrong setting is refused by itself."""
        cases: list[tuple[dict[str, Any], str]] = [
            ({"contenders": ["reqests"]}, r"unknown client 'reqests'; did you mean requests"),
            ({"contenders": ["aiohttp:sync"]}, r"aiohttp has no sync mode; use aiohttp:async"),
            ({"contenders": ["requests:fast"]}, r"contender must look like .*, got 'requests:fast'"),
            ({"contenders": [""]}, r"contender must look like .*, got ''"),
            ({"contenders": "[1"}, r"contenders is no JSON list .*got '\[1'; words separated by commas"),
            ({"contenders": ["null==1"]}, r"null is part of http-benchmark and has one version; write null alone"),
            ({"contenders": ["httpx@../src:async"]}, r"httpx@../src: there is no folder ../src; name a source tree"),
            ({"contenders": ["requests+h2"]}, r"requests cannot speak HTTP/2; .*measure httpx or pycurl$"),
            ({"contenders": ["urllib3"], "http": "2"}, r"urllib3 cannot speak HTTP/2; .*measure httpx or pycurl$"),
            ({"contenders": ["httpx:async+h2"], "http": "1.1"}, r"http 1.1 and httpx:async\+h2 contradict each other"),
            ({"contenders": ["requestx"], "tls": True}, r"requestx cannot be told to trust the .*; leave out tls, or "),
            (
                {"contenders": ["requestx"], "tls": True, "verify": False},
                r"requestx cannot leave .*; leave out tls, or ",
            ),
            ({"url": "https://u:secret@h/", "tls": True}, r"url 'https://\*+@h/' is another server; leave out one"),
            ({"http": "3"}, r"unknown http '3'; choose from 1.1, 2"),
            ({"url": "localhost:8080"}, r"url must start with http:// or https://, got 'localhost:8080'"),
            ({"url": "/a b"}, r"url must not contain spaces or control characters, got '/a b'"),
            ({"url": "/a\\b"}, r"url must not contain \\, got '/a\\\\b'; percent-encode it"),
            ({"url": "http://h/?a=<b>"}, r"url must not contain <, got 'http://h/\?a=<b>'; percent-encode it"),
            ({"url": "/ü"}, r"url must be ASCII, got '/ü'; percent-encode other characters"),
            ({"url": "http://h/ü"}, r"url must be ASCII, got 'http://h/ü'; percent-encode other characters"),
            ({"url": "http://ü.de/"}, r"url must be ASCII, got .*xn--"),
            ({"url": "/get#top"}, r"url must not have a fragment, .*'/get#top'; leave out"),
            ({"url": "http://h/get#top"}, r"url must not have a fragment, .*'http://h/get#top'; leave out"),
            ({"method": "FETCH"}, r"method must be one of .*, got 'FETCH'"),
            ({"headers": ["secret"]}, r"headers \(--header\): entry 1 must be text of the form 'Name: value'$"),
            ({"headers": "A: b\nC: d"}, r"header 'A' must not contain a line break"),
            ({"headers": ("transfer-Encoding: chunked",)}, r"header 'transfer-Encoding' must not be given"),
            ({"body": "x", "body_size": 1}, r"body and body_size contradict each other; give one of them"),
            ({"body": "x", "method": "HEAD"}, r"body is not sent with HEAD"),
            ({"body_size": 1, "method": "STREAM"}, r"body_size is not sent with STREAM"),
            ({"body_size": "1 parsec"}, r"body_size: not a size in bytes: '1 parsec'; write"),
            ({"body_size": "1000GiB"}, r"body_size must be at most 1GiB, got 1073741824000"),
            ({"slices": 10_001}, r"slices must be at most 10,000, got 10001"),
            ({"concurrency": 100_001}, r"concurrency must be at most 100,000, got 100001"),
            ({"blocks": 10**9}, r"blocks must be at most 1,000, got 1000000000"),
            ({"name": "\udcff"}, r"name is not UTF-8 text, got '\\udcff'; write it in UTF-8"),
            ({"tag": ["a", "\udcff"]}, r"tag is not UTF-8 text, got "),
            ({"name": "a\0"}, r"name has the character NUL, which no database holds, got 'a\\x00'; leave it out"),
            ({"tag": ["a", "\0"]}, r"tag has the character NUL"),
            ({"url": "http://h/\udcff"}, r"url is not UTF-8 text; write it in UTF-8$"),
            ({"body": "secret\udcff"}, r"body is not UTF-8 text; write it in UTF-8$"),
            ({"headers": ["A: secret\udcff"]}, r"headers is not UTF-8 text; write it in UTF-8$"),
            ({"headers": {"A": "secret\udcff"}}, r"headers is not UTF-8 text; write it in UTF-8$"),
            ({"body_file": "\udcff"}, r"body_file is not UTF-8 text, got "),
            ({"body_size": "-1"}, r"body_size must be 0 or above and finite, got -1"),
            (
                {"body_file": "/nowhere/x"},
                r"body_file \(--body @FILE\) cannot be read \(No such file or directory\), got '/nowhere/x'",
            ),
            ({"body_file": "/"}, r"body_file \(--body @FILE\) cannot be read \(Is a directory\), got '/'"),
            ({"duration": "1s", "requests": 5}, r"duration and requests contradict each other, got 1.0 s and 5"),
            ({"duration": "-1s"}, r"duration must be above 0 and finite, got -1.0"),
            ({"requests": 0}, r"requests must be above 0 and finite, got 0"),
            ({"concurrency": "1,10"}, r"several concurrencies are several experiments, got '1,10'; give one"),
            ({"concurrency": 0}, r"concurrency must be above 0 and finite, got 0"),
            ({"warmup": -1}, r"warmup must be 0 or above and finite, got -1"),
            ({"slices": 0}, r"slices must be above 0 and finite, got 0"),
            ({"timeout": "0s"}, r"timeout must be above 0 and finite, got 0.0"),
            ({"retries": -1}, r"retries must be 0 or above and finite, got -1"),
            ({"think_time": "-1ms"}, r"think_time must be 0 or above and finite, got -0.001"),
            ({"blocks": 0}, r"blocks must be above 0 and finite, got 0"),
            ({"primary": "p98"}, r"unknown primary 'p98'; did you mean p99"),
            ({"seed": -1}, r"seed must be 0 or above and finite, got -1"),
            ({"ca": "/nowhere.pem"}, r"ca cannot be read .*'/nowhere.pem'"),
            ({"ca": __file__}, r"ca has no certificate that can be read, got '.*'; name a PEM file"),
            ({"timeout": [1]}, r"timeout must be a single value, got several"),
            ({"name": 5}, r"^name must be text, got 5$"),
            ({"seed": 1.5}, r"^seed must be a whole number, got 1.5$"),
            ({"slices": []}, r"^slices must be a whole number, got a list$"),
            ({"tag": {"a": 1}}, r"^tag must be a list, got a mapping$"),
            ({"tag": 5}, r"^tag must be a list, got 5$"),
            ({"events": True, "method": "HEAD"}, r"events come in a body, which HEAD has not"),
            (
                {"events": True, "contenders": ["requestx:sync", "requestx:async", "httpx"]},
                r"requestx cannot hand over a stream while it arrives; leave out events, or measure .*httpx",
            ),
            ({"events": True, "contenders": ["floor"]}, r"floor cannot hand over a stream"),
            ({"concurency": 5}, r"unknown setting 'concurency'; did you mean concurrency"),
        ]
        for values, expected in cases:
            with self.subTest(values):
                found = faults(ExperimentConfiguration, **values)
                self.assertEqual(1, len(found), found)
                self.assertRegex(found[0], expected)

    def test_all_faults_are_reported_at_once(self) -> None:
        """Faults of each contender, of each setting and between settings come together."""
        found = faults(
            ExperimentConfiguration,
            contenders=["reqests==1", "null==1", "requests+h2"],
            method="HEAD",
            body="x",
            concurrency=0,
            duration=1,
            requests=1,
            nonsense=1,
        )

        self.assertEqual(
            ["unknown", "null", "requests", "body", "concurrency", "duration", "unknown"],
            [fault.split()[0] for fault in found],
        )

    def test_an_unknown_header_value_is_not_repeated(self) -> None:
        """A header's value and a body stay out of messages and of `repr`."""
        self.assertNotIn("hunter2", "".join(faults(ExperimentConfiguration, headers=["hunter2", "A: hunter2\n"])))
        self.assertNotIn("hunter2", repr(ExperimentConfiguration(headers=["A: hunter2"], body="hunter2")))

    def test_configuration_is_frozen(self) -> None:
        """What an experiment was run with cannot change afterwards."""
        with self.assertRaises(ValueError):
            ExperimentConfiguration().concurrency = 5  # type: ignore[misc] - the point of the test

    @given(
        contenders=st.lists(st.sampled_from(["httpx", "aiohttp", "httpx:sync", "null"])),
        headers=st.dictionaries(
            st.from_regex(r"[A-Za-z-]{1,9}", fullmatch=True),
            st.text(st.characters(min_codepoint=33, max_codepoint=126)),
        ),
        body=st.none() | st.text(),
        duration=st.none() | st.floats(min_value=1e-9, max_value=1e9),
        seed=st.none() | st.integers(min_value=0),
        tag=st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True)),
    )
    def test_json_and_back(self, **values: Any) -> None:
        """A configuration survives JSON unchanged, but for what was typed and is secret: that stays hidden."""
        configuration = ExperimentConfiguration(**values)

        again = ExperimentConfiguration.from_dict(json.loads(json.dumps(configuration.to_dict())))

        self.assertEqual(configuration.to_dict(), again.to_dict())
        if not values["headers"] and not values["body"]:
            self.assertEqual(configuration, again)

    def test_json_and_back_with_files(self) -> None:
        """Paths survive JSON too."""
        with trustme.CA().cert_pem.tempfile() as path:
            configuration = ExperimentConfiguration(body_file=path, ca=path)

            self.assertEqual(Path(path), configuration.body_file)
            self.assertEqual(configuration, ExperimentConfiguration.from_dict(configuration.to_dict()))

    def test_what_is_no_authority(self) -> None:
        """A file without a certificate: an empty one, a key, half a certificate; and an authority for nothing."""
        authority = trustme.CA()
        half = trustme.Blob(authority.cert_pem.bytes()[:300])
        for wrong in (trustme.Blob(b""), authority.private_key_pem, half):
            with self.subTest(wrong.bytes()[:30]), wrong.tempfile() as path:
                (fault,) = faults(ExperimentConfiguration, ca=path)
                self.assertIn(f"ca has no certificate that can be read, got {path!r}", fault)
        with authority.cert_pem.tempfile() as path:
            for settings, words in (({"verify": False}, "without verify"), ({"tls": True}, "with tls")):
                (fault,) = faults(ExperimentConfiguration, ca=path, **settings)
                self.assertIn(f"ca {path!r} is not used {words}", fault)


class ResolvedContendersTest(unittest.TestCase):
    def resolved(self, *contenders: str, installed: tuple[str, ...] = ()) -> list[str]:
        configuration = ExperimentConfiguration(contenders=contenders)
        return [str(contender) for contender in configuration.resolved_contenders(installed)]

    def test_a_missing_mode_stands_for_each(self) -> None:
        """A client in two modes is two contenders."""
        self.assertEqual(
            ["httpx:sync", "httpx:async", "aiohttp:async", "urllib3:sync"],
            self.resolved("httpx", "aiohttp", "urllib3"),
        )

    def test_no_contender_stands_for_the_installed_ones(self) -> None:
        """The installed clients follow in their order, each in each of its modes."""
        self.assertEqual(["requests:sync", "aiohttp:async"], self.resolved(installed=("requests", "aiohttp")))

    def test_a_contender_named_again_gets_a_number(self) -> None:
        """A/A runs can tell the arms apart, also where the mode was left out once."""
        self.assertEqual(
            ["aiohttp:async", "aiohttp:async#2", "requests:sync"], self.resolved("aiohttp:async", "aiohttp", "requests")
        )

    def test_a_named_contender_need_not_be_installed(self) -> None:
        """What is missing is shown as unavailable later, not dropped."""
        self.assertEqual(["requests:sync"], self.resolved("requests", installed=("aiohttp",)))
