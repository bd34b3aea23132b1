"""How a shell splits commands into words, and what it would do to them that nobody does here."""

import unittest

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.workloads.shell import Command, commands


class ShellTest(unittest.TestCase):
    def test_words(self):
        """The three quotations, backslashes, comments, lines that go on, quotations over lines; lines are counted."""
        text = (
            "# it's a comment\n"
            "a 'b  c'\"d\\\"e\\n\"f\\ g h#i # a 'comment\n"
            "\n"
            "b \\\n  c'\n'd\\\ne \"x\\\ny\"\r\n"
            "c '' \"$\" $ 5$ \"'\" '\"' {} {a}\n"
        )

        self.assertEqual(
            [
                Command(2, ["a", 'b  cd"e\\nf g', "h#i"]),
                Command(4, ["b", "c\nde", "xy"]),
                Command(9, ["c", "", "$", "$", "5$", "'", '"', "{}", "{a}"]),
            ],
            list(commands(text)),
        )

    def test_ansi_quotation(self):
        """`$'…'` as browsers write it: escapes of characters and of bytes."""
        for text, expected in (
            (r"$'a\'b\n\t\\\x41\101\u0021\u00e9\U0001f600\"\?'", "a'b\n\t\\AA!é\U0001f600\"?"),
            (r"$'\xc3\xa9\377'", "é\udcff"),
            (r"$'\z\xg'", r"\z\xg"),
            (r"'$'\x41", "$x41"),
        ):
            with self.subTest(text):
                (command,) = commands(f"a {text}")
                self.assertIsNone(command.fault)
                encoded = command.words[1].encode(errors="surrogateescape")
                self.assertEqual(expected.encode(errors="surrogateescape"), encoded)

    def test_where_the_output_goes(self):
        """Says nothing of the command: redirections, pipes, the background."""
        for rest in (
            *("> file", ">file", "2>/dev/null", ">> file 2>&1", "&> file", ">| $HOME/x", "| jq '.[]'", '|& tee "$x"'),
            *(";", "&", "; # and so on", "| jq . | less", "|\n jq .", "| (cat) > f", "2>&1 | tail -n 1 ;"),
        ):
            with self.subTest(rest):
                self.assertEqual(
                    [["a", "b2"], ["c"]],
                    [command.words for command in commands(f"a b2 {rest}\nc") if not command.fault],
                )

    def test_what_a_shell_would_do(self):
        """Is a fault, and no other command."""
        for text, words in (
            ("a $HOME", "no shell runs"),
            ('a "x ${HOME}"', "no shell runs"),
            ("a $(b)", "no shell runs"),
            ("a `b`", "no shell runs"),
            ('a "`b`"', "no shell runs"),
            ("a $\\\nHOME", "no shell runs"),
            ('a $"x"', "no shell runs"),
            ("a && b", "another command follows &&"),
            ("a || b", "another command follows ||"),
            ("a &&\nb", "another command follows &&"),
            ("a ; b", "another command follows ;"),
            ("a & b", "another command follows &"),
            ("a | b; c", "another command follows ;"),
            ("| a", "| stands before a command"),
            ("a < b", "< is not understood"),
            ("a <<EOF", "< is not understood"),
            ("a (b)", "brackets outside quotation marks"),
            ("a {b,c}", "a shell makes several words of {…}"),
            ("a {1..3}", "a shell makes several words of {…}"),
            ('a {"b":1,"c":2}', "a shell makes several words of {…}"),
            ("a ^\r\n -b", "^ at the end of a line is Windows' cmd"),
            ("a $'\\0'", "a NUL cannot be part"),
            ("a $'\\ud800'", "\\ud800 in $'…' is no character"),
            ("a \"b'", "a quotation that begins here does not end"),
            ("a $'b\\'", "a quotation that begins here does not end"),
        ):
            with self.subTest(text):
                (command,) = commands(text)
                self.assertTrue(str(command.fault).startswith(words), command.fault)

    @given(st.text(st.sampled_from("ab \\'\"$`|&;<>()#{},\n\r\t^!xu0é"), max_size=12))
    def test_any_text_is_split(self, text):
        """Lines are told in order, and a command without a fault has words."""
        found = list(commands(text))

        self.assertEqual(sorted(command.number for command in found), [command.number for command in found])
        self.assertTrue(all(command.words for command in found if not command.fault))


if __name__ == "__main__":
    unittest.main()
