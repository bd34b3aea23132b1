"""Examples of OpenAPI schemas: which value comes first, what is put together, and where that ends."""

import unittest
from typing import Any

from http_benchmark.workloads.openapi.document import NoExampleError, References, UnsendableError
from http_benchmark.workloads.openapi.examples import Examples

REX = {"type": "object", "properties": {"name": {"example": "Rex"}, "age": {"type": "integer"}}}


class ExamplesTest(unittest.TestCase):
    def example(self, schema: object, *, version: str = "3.0.3", media: object = None, **schemas: object) -> Any:
        document = {"openapi": version, "components": {"schemas": schemas}}
        return Examples(References(document)).of({"schema": schema} | (media or {}), "body")

    def test_the_order_of_what_is_given(self):
        """The media type's before the schema's; example, examples, default, const, enum."""
        given = {"example": 1, "examples": [2], "default": 3, "const": 4, "enum": [5, 6]}
        self.assertEqual("a", self.example(given, media={"example": "a", "examples": {"one": {"value": "b"}}}))
        self.assertEqual(
            "b", self.example(given, media={"examples": {"far": {"externalValue": "/x"}, "near": {"value": "b"}}})
        )
        for name, expected in (("example", 1), ("examples", 2), ("default", 3), ("const", 4), ("enum", 5)):
            self.assertEqual(expected, self.example(given))
            del given[name]

    def test_all_of_and_properties_beside_it_add_up(self):
        """Each part's examples; what one part requires, another may have."""
        parts = [{"$ref": "#/components/schemas/Rex"}, {"properties": {"b": {"default": 2}}}, {"required": ["c"]}]
        schema = {"allOf": parts, "properties": {"c": {"enum": [3]}}}

        self.assertEqual({"name": "Rex", "b": 2, "c": 3}, self.example(schema, Rex=REX))
        self.assertEqual(
            {"name": "Tom", "b": 2, "c": 3}, self.example(schema, Rex={"allOf": [REX], "example": {"name": "Tom"}})
        )
        self.assertEqual("e", self.example({"allOf": [{"$ref": "#/components/schemas/E"}]}, E={"enum": ["e"]}))
        with self.assertRaisesRegex(NoExampleError, "no example for the body, property 'c'"):
            self.example({"allOf": parts}, Rex=REX)

    def test_the_first_alternative_that_has_an_example(self):
        """With the properties beside it, in oneOf as in anyOf."""
        for keyword in ("oneOf", "anyOf"):
            with self.subTest(keyword):
                alternatives = [{"type": "string"}, REX, {"example": 1}]
                self.assertEqual({"name": "Rex"}, self.example({keyword: alternatives}))
                beside = {keyword: [{"required": ["none"]}, REX], "properties": {"a": {"example": 1}}}
                self.assertEqual({"name": "Rex", "a": 1}, self.example(beside))
                self.assertEqual({"name": "Rex", "a": 1}, self.example({"allOf": [beside]}))

    def test_read_only_properties_are_left_out(self):
        """Even where they are required, and through references; those that are write-only stay."""
        schema = {
            "required": ["id", "at", "password"],
            "properties": {
                "id": {"readOnly": True, "example": 1},
                "at": {"$ref": "#/components/schemas/At"},
                "password": {"writeOnly": True, "example": "p"},
            },
        }
        self.assertEqual({"password": "p"}, self.example(schema, At={"readOnly": True, "default": "now"}))

    def test_lists_have_as_many_items_as_they_must(self):
        """One without a minimum; several different ones are not made up."""
        self.assertEqual([1], self.example({"items": {"example": 1}}))
        self.assertEqual([1, 1, 1], self.example({"items": {"example": 1}, "minItems": 3}))
        with self.assertRaisesRegex(UnsendableError, "needs 2 different items"):
            self.example({"items": {"example": 1}, "minItems": 2, "uniqueItems": True})

    def test_siblings_of_references(self):
        """They hold from OpenAPI 3.1 on."""
        schema = {"$ref": "#/components/schemas/Rex", "example": {"name": "Tom"}}
        self.assertEqual({"name": "Rex"}, self.example(schema, Rex=REX))
        self.assertEqual({"name": "Tom"}, self.example(schema, version="3.1.0", Rex=REX))
        more = {"$ref": "#/components/schemas/Rex", "properties": {"b": {"const": 2}}}
        self.assertEqual({"name": "Rex", "b": 2}, self.example(more, version="3.1.0", Rex=REX))

    def test_a_schema_that_refers_to_itself(self):
        """Once or many times: optional parts end where it comes again, and required ones have no example."""
        node = {"$ref": "#/components/schemas/Node"}
        many = {f"child{number}": node for number in range(20)}
        tree = {"properties": {"value": {"example": 1}, "list": {"items": node}} | many}
        self.assertEqual({"value": 1}, self.example(node, Node=tree))
        leaf = {"properties": {"value": {"example": 1}, "next": node}}
        more = {"allOf": [leaf], "properties": {"next": {"readOnly": True}, "n": node}}
        self.assertEqual({"value": 1, "n": {"value": 1}}, self.example(more, Node=leaf))
        with self.assertRaisesRegex(NoExampleError, "no example for the body, property 'child0'"):
            self.example(node, Node=tree | {"required": ["child0"]})
        with self.assertRaises(NoExampleError):
            self.example(node, Node={"allOf": [node]})
        with self.assertRaises(NoExampleError):
            self.example(node, Node={"oneOf": [node, {"anyOf": [node]}]})

    def test_what_has_no_example_in_a_circle_may_have_one_outside(self):
        """A part that lacks one only because it leads back is not remembered as one without."""
        schemas = {
            "A": {"properties": {"a": {"example": 1}, "b": {"$ref": "#/components/schemas/B"}}},
            "B": {"required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/A"}}},
        }
        both = {"properties": {"a": {"$ref": "#/components/schemas/A"}, "b": {"$ref": "#/components/schemas/B"}}}
        self.assertEqual({"a": {"a": 1}, "b": {"a": {"a": 1}}}, self.example(both, **schemas))

    def test_what_is_lacking_is_said_each_time(self):
        """Not only where it was found out."""
        lacking = {"required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/B"}}}
        schemas = {"A": lacking, "B": {"minItems": 2, "uniqueItems": True, "items": {}}}
        examples = Examples(References({"components": {"schemas": schemas}}))
        for _ in range(2):
            with self.assertRaisesRegex(UnsendableError, "the body, property 'a' needs 2 different items"):
                examples.of({"schema": {"$ref": "#/components/schemas/A"}}, "body")

    def test_schemas_without_examples_that_multiply(self):
        """Each is looked at once: ten levels of ten references."""
        schemas = {
            f"L{level}": {"properties": {str(n): {"$ref": f"#/components/schemas/L{level + 1}"} for n in range(10)}}
            for level in range(10)
        }
        with self.assertRaisesRegex(NoExampleError, "no example for the body"):
            self.example({"$ref": "#/components/schemas/L0"}, L10={"type": "string"}, **schemas)

    def test_examples_that_multiply_are_refused(self):
        """Beyond ten thousand values, however they come about; and the whole document's have an end, too."""
        schemas = {
            f"L{level}": {"properties": {str(n): {"$ref": f"#/components/schemas/L{level + 1}"} for n in range(10)}}
            for level in range(5)
        }
        refused = r"would have more than 10,000 values; write one into the document"
        with self.assertRaisesRegex(UnsendableError, refused):
            self.example({"$ref": "#/components/schemas/L0"}, L5={"example": 1}, **schemas)
        self.assertEqual(
            1_110, str(self.example({"$ref": "#/components/schemas/L2"}, L5={"example": 1}, **schemas)).count(":")
        )
        with self.assertRaisesRegex(UnsendableError, refused):
            self.example({"items": {"example": 1}, "minItems": 10**9})
        with self.assertRaisesRegex(UnsendableError, refused):
            self.example({"items": {"example": [0] * 1_000}, "minItems": 11})
        names = [f"S{number}" for number in range(30)]
        everything = {"properties": {name: {"$ref": f"#/components/schemas/{name}"} for name in names}}
        schemas = dict.fromkeys(names, everything) | {"S0": {"example": 1}}
        examples = Examples(References({"components": {"schemas": schemas}}), most_in_all=25_000)
        for left in ("10,000", "10,000", "5,000", "0", "0"):
            with self.assertRaisesRegex(UnsendableError, f"would have more than {left} values"):
                examples.of({"schema": {"$ref": "#/components/schemas/S1"}}, "body")

    def test_a_long_chain_of_references(self):
        """It has no example rather than no end."""
        chain = {f"S{n}": {"properties": {"next": {"$ref": f"#/components/schemas/S{n + 1}"}}} for n in range(2_000)}
        with self.assertRaises(NoExampleError):
            self.example({"$ref": "#/components/schemas/S0"}, S2000={"example": 1}, **chain)


if __name__ == "__main__":
    unittest.main()
