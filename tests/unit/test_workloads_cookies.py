"""Which cookies an answer sets: any value up to the semicolon, none that has ended, no attribute."""

import unittest

from http_benchmark.workloads.cookies import cookies_set


class CookiesTest(unittest.TestCase):
    def test_a_cookie(self):
        """Its name and value, as they stand; attributes are none, and what has no name or no value is none."""
        for header, expected in (
            ("session=abc; Path=/; HttpOnly; Secure; SameSite=None; Partitioned", {"session": "abc"}),
            ('prefs={"a":1,"b":["x, y"]}; Path=/', {"prefs": '{"a":1,"b":["x, y"]}'}),
            ('quoted="a b"', {"quoted": '"a b"'}),
            ("  spaced\t=  a=b c ; x", {"spaced": "a=b c"}),
            ("empty=; Max-Age=60", {"empty": ""}),
            ("a:b/c=1", {"a:b/c": "1"}),
            ("nameless", {}),
            ("=value", {}),
            ("", {}),
        ):
            with self.subTest(header):
                self.assertEqual(expected, cookies_set([("Set-Cookie", header)]))

    def test_a_cookie_that_has_ended(self):
        """Is none, and takes an earlier one of that name away; Max-Age goes before Expires, the last of two wins."""
        for attributes, kept in (
            ("Max-Age=0", False),
            ("max-age=-5", False),
            ("Max-Age=00", False),
            ("Max-Age=1", True),
            ("Max-Age=x", True),
            ("Max-Age=", True),
            ("Max-Age=0; Max-Age=9", True),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
            ("Expires=Thursday, 01-Jan-70 00:00:00 GMT", False),
            ("Expires=Thu Jan  1 00:00:00 1970", False),
            ("Expires=Wed, 31 Dec 9999 23:59:59 GMT", True),
            ("Expires=Wed, 31-Dec-2098 23:59:59 GMT", True),
            ("Expires=0", True),
            ("Expires=Fri, 31 Dec 99999999999 23:59:59 GMT", True),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", True),
            ("Expires=Wed, 31 Dec 9999 23:59:59 GMT; Max-Age=0", False),
        ):
            with self.subTest(attributes):
                headers = [("set-cookie", "a=1"), ("SET-COOKIE", f"a=2; {attributes}"), ("Cookie", "b=1")]
                self.assertEqual({"a": "2"} if kept else {}, cookies_set(headers))

    def test_the_last_of_one_name(self):
        """Holds, and stands where it was set last."""
        headers = [("Set-Cookie", pair) for pair in ("a=1", "b=2", "a=3")]

        self.assertEqual([("b", "2"), ("a", "3")], list(cookies_set(headers).items()))


if __name__ == "__main__":
    unittest.main()
