"""The books of the clients against what is stored."""

import pytest

from skybatch.torture.ledger import Fate, Held, Ledger


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.invoked("a", 3)
    return ledger


def test_what_is_acknowledged_and_whole_is_in_order(ledger):
    ledger.ok("a", "id-a")
    verdict = ledger.judge([Held("id-a", "a", 3)])
    assert (verdict.lost, verdict.phantom, verdict.doubled, verdict.recovered) == ((), (), (), 0)


def test_what_is_acknowledged_and_gone_is_lost(ledger):
    ledger.ok("a", "id-a")
    (sentence,) = ledger.judge([]).lost
    assert "id-a" in sentence


def test_what_is_acknowledged_and_not_whole_is_lost(ledger):
    ledger.ok("a", "id-a")
    (sentence,) = ledger.judge([Held("id-a", "a", 2)]).lost
    assert "3 jobs" in sentence
    assert "has 2" in sentence


def test_what_is_stored_under_another_id_does_not_stand_in_for_it(ledger):
    ledger.ok("a", "id-a")
    assert ledger.judge([Held("id-b", "a", 3)]).lost


def test_what_nobody_submitted_is_a_phantom(ledger):
    ledger.refused("a", 422)
    assert len(ledger.judge([Held("id-b", "b", 3)]).phantom) == 1
    assert len(ledger.judge([Held("id-b", None, 3)]).phantom) == 1


def test_what_was_refused_and_is_stored_is_a_phantom(ledger):
    ledger.refused("a", 503)
    assert len(ledger.judge([Held("id-a", "a", 3)]).phantom) == 1


@pytest.mark.parametrize(("jobs", "phantoms"), [(3, 0), (2, 1)])
def test_what_was_never_answered_may_be_stored_but_only_whole(ledger, jobs, phantoms):
    ledger.unknown("a")
    verdict = ledger.judge([Held("id-a", "a", jobs)])
    assert (len(verdict.phantom), verdict.lost, verdict.recovered) == (phantoms, (), 1)


def test_what_was_never_answered_may_be_missing(ledger):
    ledger.unknown("a")
    verdict = ledger.judge([])
    assert (verdict.phantom, verdict.lost, verdict.recovered) == ((), (), 0)


def test_two_batches_of_one_submission_are_doubled(ledger):
    ledger.ok("a", "id-a")
    assert len(ledger.judge([Held("id-a", "a", 3), Held("id-b", "a", 3)]).doubled) == 1


def test_two_ids_for_one_submission_are_doubled(ledger):
    ledger.ok("a", "id-a")
    ledger.ok("a", "id-b")
    assert len(ledger.judge([Held("id-a", "a", 3)]).doubled) == 1


def test_an_answer_settles_a_submission_that_had_none_before(ledger):
    ledger.unknown("a")
    ledger.ok("a", "id-a")
    assert ledger.count(Fate.OK) == 1
    assert ledger.judge([Held("id-a", "a", 3)]).recovered == 1
    assert ledger.judge([]).lost


def test_a_refusal_does_not_settle_a_submission_that_had_no_answer_before(ledger):
    """The first try may have been stored after its connection broke."""
    ledger.unknown("a")
    ledger.refused("a", 503)
    assert ledger.judge([Held("id-a", "a", 3)]).phantom == ()


def test_a_submission_that_was_refused_and_then_taken_is_acknowledged(ledger):
    ledger.refused("a", 503)
    ledger.invoked("a", 3)
    ledger.ok("a", "id-a")
    assert ledger.judge([]).lost
