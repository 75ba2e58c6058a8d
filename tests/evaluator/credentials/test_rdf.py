"""Linked data: the canonical form, the work it may take, and that documents do not influence each other."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pyld.jsonld
import pytest

from evaluator.credentials import limits, rdf
from evaluator.credentials.verdict import Refused
from tests.corpus import needs_corpus
from tests.evaluator.credentials.issuing import OB3, V2, credential, judged, signed, world
from tests.evaluator.credentials.vectors import content_of, contexts, entries

pytestmark = needs_corpus

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"


def _plain(document: dict[str, Any]) -> str:
    """The canonical form by the library alone, with everything processed afresh."""

    def loader(url: str, _: Any) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": url, "document": json.loads(contexts()[url])}

    cache = pyld.jsonld.ContextResolver({}, loader)
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": loader,
        "contextResolver": cache,
    }
    return str(pyld.jsonld.normalize(document, options))


def _documents() -> list[dict[str, Any]]:
    found = []
    for entry in entries().values():
        try:
            document = json.loads(content_of(entry))
        except ValueError:
            continue
        if isinstance(document, dict) and "proof" in document:
            found.append({name: value for name, value in document.items() if name != "proof"})
    return found


def test_shared_contexts_change_nothing() -> None:
    """Two rounds over all documents of the corpus: what one leaves behind must not show in another."""
    compared = 0
    for document in _documents() * 2:
        try:
            found = rdf.canonical_quads(document, world())
        except Refused:
            continue
        assert found == _plain(document)
        compared += 1
    assert compared > 150


def test_threads_get_the_same_as_one() -> None:
    documents = [
        credential(**{"@context": [V2, OB3, {f"x{n}": f"https://e.org/{n}"}]}, **{f"x{n}": "1"}) for n in range(8)
    ]
    wanted = [rdf.canonical_quads(document, world()) for document in documents]
    wrong = []

    def work() -> None:
        for _ in range(5):
            wrong.extend(
                n for n, document in enumerate(documents) if rdf.canonical_quads(document, world()) != wanted[n]
            )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_own_definitions_stay_with_their_document() -> None:
    own = credential(**{"@context": [V2, OB3, {"colour": "https://example.org/colour"}]}, colour="red")
    assert "https://example.org/colour" in rdf.canonical_quads(own, world())
    with pytest.raises(Refused, match="undefined_term"):
        rdf.canonical_quads({**own, "@context": [V2, OB3]}, world())


def test_own_definitions_leave_nothing_behind() -> None:
    def kept() -> int:
        return sum(len(context.processed) for context in rdf._shared.values())

    rdf.canonical_quads(credential(), world())
    before = kept()
    for number in range(5):
        own = {f"colour{number}": f"https://example.org/{number}"}
        rdf.canonical_quads(credential(**{"@context": [V2, OB3, own]}), world())
    assert kept() == before


def test_what_several_types_define_adds_up() -> None:
    scoped = {
        kind: {"@id": f"https://example.org/{kind}", "@context": {name: f"https://example.org/{name}"}}
        for kind, name in (("Aa", "ax"), ("Bb", "bx"))
    }
    subjects = [{"type": "Bb", "bx": "1"}, {"type": ["Aa", "Bb"], "ax": "2", "bx": "3"}]
    document = credential(**{"@context": [V2, scoped]}, credentialSubject=subjects, type=["VerifiableCredential"])
    assert rdf.canonical_quads(document, world()) == _plain(document)


def _graph(subjects: list[Any]) -> dict[str, Any]:
    return {
        "@context": [V2, EXAMPLES],
        "id": "urn:x:1",
        "type": ["VerifiableCredential"],
        "issuer": "did:example:1",
        "credentialSubject": subjects,
    }


def clique(size: int) -> dict[str, Any]:
    """Blank nodes that all know each other: no order among them can be told without trying all."""
    nodes = [f"_:n{number}" for number in range(size)]
    return _graph([{"id": node, "knows": [{"id": other} for other in nodes if other != node]} for node in nodes])


def ring(size: int) -> dict[str, Any]:
    return _graph([{"id": f"_:n{number}", "knows": {"id": f"_:n{(number + 1) % size}"}} for number in range(size)])


@pytest.mark.parametrize("size", [3, 4, 5])
def test_small_cliques_are_done(size: int) -> None:
    assert rdf.canonical_quads(clique(size), world()) == _plain(clique(size))


@pytest.mark.parametrize(
    "document", [clique(7), clique(8), clique(30), ring(200), ring(1500)], ids=["7", "8", "30", "ring", "large ring"]
)
def test_work_is_bounded(document: dict[str, Any]) -> None:
    started = time.process_time()
    with pytest.raises(Refused, match="resource_limit"):
        rdf.canonical_quads(document, world())
    assert time.process_time() - started < 2  # the bound is on work; this only shows that work is what takes time


def test_permutations_that_come_to_nothing_are_work_too() -> None:
    """Nodes that stand in several graphs are permuted with their doubles; nearly all permutations are skipped."""
    dataset = {
        f"urn:graph:{graph}": [
            {
                "subject": {"type": "blank node", "value": f"_:x{side}{number}"},
                "predicate": {"type": "IRI", "value": "urn:p"},
                "object": {"type": "blank node", "value": f"_:n{side}"},
            }
            for side in range(2)
            for number in range(4)
        ]
        for graph in range(2)
    }
    with pytest.raises(Refused, match="resource_limit"):
        rdf.canonicalize(dataset, world())


def test_a_clique_is_judged() -> None:
    document = {**clique(7), "proof": signed(credential(), suite="eddsa-rdfc-2022")["proof"]}
    assert len(json.dumps(clique(7))) < 2500
    assert "resource_limit" in judged(document).codes


@pytest.mark.parametrize(
    "subjects",
    [
        [{"knows": "x"}] * limits.LINKED_NODES,
        [{"knows": [f"{number}" for number in range(1100)]}],
        [{"id": "urn:x:2", "knows": f"{number}"} for number in range(1100)],
        [{"knows": "x"}] * 1100,
    ],
    ids=["values", "values of a property", "values of a thing that is named often", "things"],
)
def test_number_of_values(subjects: list[Any]) -> None:
    with pytest.raises(Refused, match="resource_limit"):
        rdf.canonical_quads(_graph(subjects), world())


def test_many_values_within_the_limits() -> None:
    assert rdf.canonical_quads(_graph([{"knows": [f"{number}" for number in range(900)]}]), world())


def test_work_is_counted_over_one_presented_file() -> None:
    """No inner credential is too large by itself; together they are."""
    inner = [
        signed(
            credential(**{"@context": [V2, OB3, EXAMPLES]}, knows=[str(n) for n in range(900)]), suite="eddsa-rdfc-2022"
        )
    ]
    verdict = judged(signed(credential(endorsement=inner * 20)))
    outcomes = [each.outcome for each in verdict.beside]
    assert outcomes[0] == "valid"
    assert outcomes[-1] == "invalid"
    assert verdict.beside[-1].codes == ("resource_limit",)
    assert judged(signed(credential(endorsement=inner))).beside[0].outcome == "valid"


def test_number_of_contexts() -> None:
    document = {**_graph([]), "@context": [V2] * (limits.CONTEXTS + 1)}
    with pytest.raises(Refused, match="resource_limit"):
        rdf.canonical_quads(document, world())


def test_p384_hashes_with_sha384_inside() -> None:
    """Vectors of W3C depend on it; here it only has to make a difference where blank nodes need ordering."""
    document = _graph([{"knows": {"a": "1"}}, {"knows": {"a": "2"}}, {"knows": {"a": "3"}}])
    assert rdf.canonical_quads(document, world(), "sha384") != rdf.canonical_quads(document, world())
