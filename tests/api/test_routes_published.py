"""What is published with the service: facts, providers, profiles, rubrics; and whether it works."""

from __future__ import annotations

import re

import httpx
import pytest
import yaml

from api import examples
from evaluator.facts import dictionary
from evaluator.rubric import parse_rubric
from providers import profile
from tests.api.serving import problem, serving


def test_the_dictionary_is_whole_and_in_order(api: httpx.Client) -> None:
    listed = api.get("/v1/facts").json()["facts"]
    assert [each["name"] for each in listed] == list(dictionary())
    assert api.get("/v1/facts/pass_mark").json() == next(each for each in listed if each["name"] == "pass_mark")


def test_a_misspelt_fact_gets_a_suggestion(api: httpx.Client) -> None:
    assert 'Did you mean "pass_mark"?' in str(problem(api.get("/v1/facts/pas_mark"), "not-found")["detail"])


def test_providers_are_listed(api: httpx.Client) -> None:
    assert [each["name"] for each in api.get("/v1/providers").json()["providers"]] == ["open_badges", "ctdl", "table"]


def test_profiles_are_listed_and_read(api: httpx.Client) -> None:
    listed = api.get("/v1/profiles").json()["profiles"]
    assert [each["profile"] for each in listed] == [each.profile for each in profile.built_in()]
    first = api.get(f"/v1/profiles/{listed[0]['profile']}").json()
    stated = {fact for statement in first["statements"] for fact in statement["facts"]}
    assert set(listed[0]["facts"]) == stated
    problem(api.get("/v1/profiles/nobody"), "not-found")


def test_rubrics_are_listed(api: httpx.Client) -> None:
    listed = api.get("/v1/rubrics").json()["rubrics"]
    assert [f"{each['rubric']}@{each['version']}" for each in listed] == ["supervision@0.9.0", "supervision@1.0.0"]


@pytest.mark.parametrize(
    ("name", "version", "fixed"),
    [
        ("supervision", "1.0.0", False),
        ("supervision@0.9.0", "0.9.0", True),
        ("supervision@1.0.0", "1.0.0", True),
        (examples.rubric().digest, "1.0.0", True),
    ],
)
def test_a_rubric_by_id_version_or_digest(api: httpx.Client, name: str, version: str, fixed: bool) -> None:
    answer = api.get(f"/v1/rubrics/{name}")
    assert answer.json()["version"] == version
    assert ("immutable" in answer.headers["cache-control"]) == fixed
    assert "Accept" in answer.headers["vary"]
    assert re.fullmatch(r'"[0-9a-f]{32}(-gzip)?"', answer.headers["etag"])


def test_a_rubric_in_the_form_that_is_asked_for(api: httpx.Client) -> None:
    answers = {
        media_type: api.get("/v1/rubrics/supervision@1.0.0", headers={"Accept": media_type})
        for media_type in ("application/json", "application/yaml", "text/html")
    }
    for media_type, answer in answers.items():
        assert answer.headers["content-type"].startswith(media_type)
    assert len({answer.headers["etag"] for answer in answers.values()}) == 3
    assert parse_rubric(answers["application/yaml"].content, "sent").digest == examples.rubric().digest
    as_json = answers["application/json"].json()
    assert as_json.pop("digest") == examples.rubric().digest
    assert as_json == yaml.safe_load(answers["application/yaml"].text) | {"criteria": as_json["criteria"]}
    for criterion in examples.rubric().criteria:
        assert criterion.asks in answers["text/html"].text
    problem(api.get("/v1/rubrics/supervision", headers={"Accept": "image/png"}), "not-acceptable")


def test_an_unknown_rubric_gets_a_suggestion(api: httpx.Client) -> None:
    assert 'Did you mean "supervision"?' in str(problem(api.get("/v1/rubrics/supervison"), "not-found")["detail"])
    problem(api.get("/v1/rubrics/supervision@9.0.0"), "not-found")
    problem(api.get(f"/v1/rubrics/sha256:{64 * '0'}"), "not-found")


def test_it_lives_and_is_ready(store: httpx.Client) -> None:
    for path in ("/v1/health", "/v1/ready"):
        answer = store.get(path)
        assert answer.json()["status"] == "ok"
        assert answer.headers["cache-control"] == "no-store"


def test_it_is_not_ready_while_the_tables_are_others(empty_url: str) -> None:
    with serving(empty_url) as client:
        from api.store.database import Database

        other = Database(empty_url)
        other.migrate("base")
        other.close()
        assert "not those of this version" in str(problem(client.get("/v1/ready"), "not-ready")["detail"])
        assert client.get("/v1/health").status_code == 200
