"""From a stored experiment back to its configuration, and what has to be as it was."""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest import TestCase, skipUnless

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment import ClientResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.provenance import InterpreterBuild, Provenance, Revision
from http_benchmark.restoring import files_of, restored
from http_benchmark.resuming import dropped_before, other_circumstances, require_resumable
from http_benchmark.utils.sessions import is_alive, new_session
from tests.unit.records import a_block, an_experiment


def stored(configuration=None, *, files=None, **fields):
    """An experiment as the database gives it back."""
    asked = ExperimentConfiguration(**({"contenders": ("httpx:sync", "aiohttp")} | (configuration or {})))
    provenance = Provenance(program=Revision(version="1"), plan_fingerprint="f", files=files or {})
    values = {"configuration": asked.to_dict(), "provenance": provenance, "seed": 42, "planned_blocks": 15}
    return an_experiment(**values | fields)


class RestoredTest(TestCase):
    def test_everything_that_was_asked_for(self):
        """Settings come back as they were, with the seed and the number of blocks that followed from them."""
        found = restored(stored({"concurrency": 7, "rate": "100/s", "headers": ("Accept: text/plain",)}), {})

        self.assertEqual((7, 42, 15), (found.concurrency, found.seed, found.blocks))
        self.assertEqual(((100.0, 100.0),), found.rate)
        self.assertEqual(("httpx:sync", "aiohttp"), found.contenders)

    def test_tags_of_the_program_are_left_behind(self):
        """What is measured again is no part of a gate, nor one of several concurrencies."""
        experiment = stored()
        tags = ["nightly", "gate-0123abcd", "scaling-0123abcd"]
        asked = experiment.configuration | {"tag": tags}

        self.assertEqual(("nightly",), restored(experiment.model_copy(update={"configuration": asked}), {}).tag)

    def test_references_are_looked_up_again(self):
        """What names a secret is stored, so nothing is lost."""
        found = restored(
            stored({"headers": ("Authorization: Bearer ${env:TOKEN}",), "body": "a=${env:B}", "method": "POST"}), {}
        )

        self.assertEqual(["TOKEN", "B"], [reference.name for reference in found.references])

    def test_what_is_lost_is_asked_for_at_once(self):
        """Each with the option that gives it again; never a value."""
        configuration = {
            "headers": ("X-Key: canary-1",),
            "url": "http://me:canary-2@127.0.0.1/",
            "method": "POST",
            "body": "canary-3",
        }
        with self.assertRaises(ConfigurationError) as caught:
            restored(stored(configuration), {})

        self.assertEqual(3, len(caught.exception.faults))
        self.assertIn("--header 'X-Key: ${env:NAME}'", caught.exception.faults[0])
        self.assertNotIn("canary", str(caught.exception))

    def test_what_is_given_again(self):
        """A header replaces the stored one of its name, the others stay; a body may come from a file now."""
        before = stored({"headers": ("X-Key: typed-1", "Accept: */*"), "method": "POST", "body": "typed-2"})
        with tempfile.NamedTemporaryFile() as file:
            found = restored(before, {"headers": ("x-key: again",), "body_file": file.name})

        self.assertEqual({"Accept": "*/*", "x-key": "again"}, {name: text.reveal({}) for name, text in found.headers})
        self.assertIsNone(found.body)

    def test_versions_of_then(self):
        """Contenders without a version get that which was measured."""
        clients = tuple(
            ClientResult(contender=name, library=library, version=version, mode="sync", status="ok")
            for name, library, version in (
                ("httpx:sync", "httpx", "0.27"),
                ("aiohttp:async", "aiohttp", "3.9"),
                ("httpx==0.20:sync", "httpx", "0.20"),
            )
        )
        before = stored({"contenders": ("httpx:sync+h2", "aiohttp", "urllib3==2.0")}, clients=clients)

        self.assertEqual(
            ("httpx==0.27:sync+h2", "aiohttp==3.9", "urllib3==2.0"), restored(before, {}, same_versions=True).contenders
        )

    def test_a_file_that_changed(self):
        """It is not what was sent then, unless that is accepted."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "body")
            file.write_text("first")
            configuration = {"method": "POST", "body_file": str(file)}
            before = stored(configuration, files=files_of(ExperimentConfiguration(**configuration)))
            self.assertEqual(file, restored(before, {}).body_file)
            file.write_text("other")

            with self.assertRaisesRegex(ConfigurationError, r"body_file .* is not what was sent then; .*--body @FILE"):
                restored(before, {})
            self.assertEqual(file, restored(before, {}, force=True).body_file)

    def test_a_workload_that_changed(self):
        """Its content is compared with that of then."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "shop.toml")
            file.write_text('[[request]]\nurl = "/get"\n')
            workload = {"file": "shop.toml", "format": "toml", "sha256": "0" * 64, "requests": ()}
            before = stored({"workload": str(file)}, workload=workload)

            with self.assertRaisesRegex(ConfigurationError, "is not what was measured; give that one"):
                restored(before, {})

    def test_a_file_without_a_fingerprint(self):
        """Nobody knows whether it is what was sent then."""
        with tempfile.TemporaryDirectory() as folder:
            body, shop = Path(folder, "body"), Path(folder, "shop.toml")
            body.write_text("first")
            shop.write_text('[[request]]\nurl = "/get"\n')
            for configuration, message in (
                ({"method": "POST", "body_file": str(body)}, "body_file .* is not what was sent then"),
                ({"workload": str(shop)}, "is not what was measured"),
            ):
                with self.subTest(message), self.assertRaisesRegex(ConfigurationError, message):
                    restored(stored(configuration), {})


class ImportedTest(TestCase):
    """One that came from elsewhere may have been written to fetch what is secret here."""

    CONFIGURATION = {
        "url": "http://elsewhere.example/${env:PATH_TOKEN}",
        "headers": ("X-Key: typed", "X-Key: ${env:KEY}", "Accept: */*"),
        "method": "POST",
        "body": "a=${file:/home/me/secret}",
        "proxy": "http://me:${keyring:mail/me}@proxy.example:1",
        "contenders": ("requests:sync",),
    }

    def imported(self, configuration=None, **fields):
        return stored(configuration or self.CONFIGURATION, imported=True, **fields)

    def test_what_it_takes_from_here(self):
        """Each reference is named, with where it would go; also where another header has the same name."""
        with self.assertRaises(ConfigurationError) as caught:
            restored(self.imported(), {}, force=True)

        [fault] = [fault for fault in caught.exception.faults if "--trust-imported" in fault]
        for words in (
            "url (${env:PATH_TOKEN})",
            "header X-Key (${env:KEY})",
            "body (${file:/home/me/secret})",
            "proxy (${keyring:mail/me})",
            "to http://elsewhere.example/${env:PATH_TOKEN}",
            "through http://me",
        ):
            with self.subTest(words):
                self.assertIn(words, fault)
        self.assertNotIn("Accept", fault)

    def test_files(self):
        """Of this machine: a body, a workload, authorities, a source tree."""
        with tempfile.TemporaryDirectory() as folder:
            body, shop = Path(folder, "body"), Path(folder, "shop.toml")
            body.write_text("first")
            shop.write_text('[[request]]\nurl = "/get"\n')
            Path(folder, "pyproject.toml").write_text('[project]\nname = "httpx"\n')
            for configuration, words in (
                ({"method": "POST", "body_file": str(body)}, f"body_file ({body})"),
                ({"workload": str(shop)}, f"workload ({shop})"),
                ({"contenders": (f"httpx@{folder}",)}, f"contender httpx@{folder}"),
            ):
                with self.subTest(words):
                    with self.assertRaises(ConfigurationError) as caught:
                        restored(self.imported(configuration), {}, force=True)
                    self.assertIn(words, str(caught.exception))
                    self.assertIn("to the bundled origin", str(caught.exception))
                    restored(self.imported(configuration), {}, force=True, trusted=True)

    def test_trusted_or_given_again(self):
        """Who says so explicitly has it measured; what is given again is no longer the file's."""
        self.assertEqual(1, len(restored(self.imported({"headers": ("X-Key: ${env:KEY}",)}), {}, trusted=True).headers))
        given = {"headers": ("x-key: ${env:KEY}",), "body": "a=${env:B}", "url": "/get", "proxy": "http://127.0.0.1:1"}

        self.assertEqual(["KEY", "B"], [one.name for one in restored(self.imported(), given).references])

    def test_what_takes_nothing(self):
        """It is measured as any other."""
        self.assertEqual("GET", restored(self.imported({"headers": ("Accept: */*",)}), {}).method)


class SessionTest(TestCase):
    def test_this_process_is_alive(self):
        """Until it is finished; a process of before the machine's start, or of another time of start, is not."""
        session = new_session(3)

        self.assertEqual((3, os.getpid()), (session.first_block, session.pid))
        self.assertTrue(is_alive(session))
        for change in ({"finished_at": datetime.now(UTC)}, {"boot_id": "other"}, {"process_started": 1}, {"pid": None}):
            with self.subTest(change):
                self.assertIs(False, is_alive(session.model_copy(update=change)))

    def test_a_process_of_another_container(self):
        """Its number says nothing here: nobody knows, unless it has ended or the machine was started anew."""
        session = new_session(0).model_copy(update={"pid_namespace": "pid:[1]"})

        self.assertIsNone(is_alive(session))
        self.assertIsNone(is_alive(session.model_copy(update={"pid": 2**22})))
        self.assertIs(False, is_alive(session.model_copy(update={"boot_id": "other"})))
        self.assertIs(False, is_alive(session.model_copy(update={"finished_at": datetime.now(UTC)})))

    @skipUnless(sys.platform == "linux", "only Linux has namespaces")
    def test_the_namespace_of_processes_is_noted(self):
        """As the kernel names it; a session of an earlier version, which has none, is judged as before."""
        session = new_session(0)

        self.assertEqual(str(Path("/proc/self/ns/pid").readlink()), session.pid_namespace)
        self.assertIs(True, is_alive(session.model_copy(update={"pid_namespace": None})))


class ResumingTest(TestCase):
    def provenance(self, *sessions, **fields):
        return Provenance(**{"program": Revision(version="1"), "plan_fingerprint": "f", "sessions": sessions} | fields)

    def test_what_can_be_resumed(self):
        """What was interrupted or failed, and what says that it runs while its process is dead."""
        dead = new_session(0).model_copy(update={"process_started": 1})
        for status, sessions in (("interrupted", ()), ("failed", ()), ("running", (dead,)), ("running", ())):
            with self.subTest(status):
                require_resumable(an_experiment(status=status, provenance=self.provenance(*sessions)))

    def test_what_cannot(self):
        """What is finished, what runs, and what nobody knows the plan of."""
        for changes, message in (
            ({"status": "finished"}, "is finished; .* results reproduce e-1"),
            ({"status": "running", "provenance": self.provenance(new_session(0))}, f"by process {os.getpid()}"),
            ({"status": "interrupted", "provenance": None}, "earlier version"),
        ):
            values = {"provenance": self.provenance()} | changes
            with self.subTest(message), self.assertRaisesRegex(ConfigurationError, message):
                require_resumable(an_experiment(**values))

    def test_who_cannot_be_seen_from_here(self):
        """A run in another container is refused unless it is forced; one that is seen to live is refused always."""
        hidden = new_session(0).model_copy(update={"pid_namespace": "pid:[1]"})
        running = an_experiment(status="running", provenance=self.provenance(hidden))

        with self.assertRaisesRegex(ConfigurationError, f"may still .* {os.getpid()} of another container.*--force"):
            require_resumable(running)
        require_resumable(running, force=True)
        require_resumable(running.model_copy(update={"status": "interrupted"}))
        seen = an_experiment(status="running", provenance=self.provenance(new_session(0)))
        with self.assertRaisesRegex(ConfigurationError, "is being measured"):
            require_resumable(seen, force=True)

    def test_the_same_circumstances(self):
        """What differs at every start, and what is given again, is no difference."""
        before = stored({"headers": ("X-Key: typed",)}, environment={"load_average_1min": 1.0, "kernel": "6"})
        now = stored({"headers": ("X-Key: ${env:KEY}",)}, environment={"load_average_1min": 2.0, "kernel": "6"})

        self.assertEqual([], [*other_circumstances(before, now)])

    def test_other_circumstances(self):
        """Machine, interpreter, versions of libraries and of what they bring along, program, plan."""
        before = stored(environment={"kernel": "6"})
        newer = ClientResult(contender="httpx:sync", library="httpx", version="9", mode="sync", status="ok")
        for now, words in (
            (stored(environment={"kernel": "7"}), "environment.kernel differs: 6 and 7"),
            (stored(environment={"kernel": "6"}, clients=(newer,)), "libraries.httpx differs: not known and 9"),
            (
                stored(
                    environment={"kernel": "6"},
                    provenance=self.provenance(interpreter=InterpreterBuild(flags=("debug",))),
                ),
                "interpreter.flags differs",
            ),
            (stored(environment={"kernel": "6"}, provenance=self.provenance(plan_fingerprint="g")), "the plan differs"),
        ):
            with self.subTest(words):
                self.assertRegex("\n".join(other_circumstances(before, now)), words)

    def test_who_was_dropped(self):
        """Who is missing in the last block, with the reason where one was stored."""
        gone = ClientResult(contender="b", library="b", mode="sync", status="failed", message="crashed twice")
        block = a_block(trials=1)
        there = block.trials[0].contender

        self.assertEqual(
            {"b": "crashed twice", "c": "failed in an earlier session"},
            dropped_before(an_experiment(clients=(gone,)), [a_block(trials=2), block], [there, "b", "c"]),
        )
        self.assertEqual({}, dropped_before(an_experiment(), [], ["a"]))
