"""What `deploy/` gives to Prometheus and Grafana: it is sound, and asks for metrics that exist."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.metrics.scrape import ROOT, documented

PROMETHEUS = ROOT / "deploy/prometheus"
RULES = PROMETHEUS / "skybatch.rules.yml"
DASHBOARD = json.loads((ROOT / "deploy/grafana/skybatch.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
PARTS = ("_bucket", "_count", "_sum")  # of a histogram


def missing(text: str) -> set[str]:
    """Metrics that a text names and that nobody exports."""
    known = documented()
    named = set(re.findall(r"\b(?:skybatch|process)_[a-z_]+\b", text))
    parts = {f"{name}{part}" for name in known if known[name].kind == "histogram" for part in PARTS}
    return named - set(known) - parts


def promtool(*words: str | Path, folder: Path = PROMETHEUS) -> None:
    done = subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_asks_for_metrics_that_exist():
    assert len(PANELS) > 20
    assert missing("\n".join(QUERIES)) == set()


def test_every_metric_of_ours_that_counts_is_on_the_dashboard_or_in_an_alert():
    asked = "\n".join(QUERIES) + RULES.read_text("utf-8")
    unused = {name for name in documented() if name.startswith("skybatch_") and name not in asked}
    # Told by others that are shown: transitions of batches by those of jobs, and so on.
    assert unused <= {
        "skybatch_batch_transitions_total",
        "skybatch_batches",
        "skybatch_claims_total",
        "skybatch_monitor_new_findings_total",
        "skybatch_page_retries_total",
        "skybatch_recorder_failing",
        "skybatch_store_stalled_seconds",
        "skybatch_workers",
    }


def test_the_alerts_ask_for_metrics_that_exist():
    without_code = re.sub(r"`[^`]*`", "", RULES.read_text("utf-8"))  # of skybatch, in sentences
    assert missing(without_code) == set()


def test_each_panel_has_an_id_and_a_place_of_its_own():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


@pytest.mark.needs("promtool")
def test_the_rules_are_sound_and_fire_when_they_should():
    promtool("check", "rules", "--lint-fatal", RULES)
    promtool("test", "rules", "skybatch.test.yml")


@pytest.mark.needs("promtool")
def test_the_scrape_is_sound(tmp_path):
    """Its token is in a file of the machine, which promtool looks for."""
    token = tmp_path / "token"
    token.write_text("scraper_sky_2024")
    text = (PROMETHEUS / "prometheus.yml").read_text("utf-8")
    changed = text.replace("/etc/prometheus/skybatch.token", str(token))
    assert changed != text
    (tmp_path / "prometheus.yml").write_text(changed.replace("skybatch.rules.yml", str(RULES)))
    promtool("check", "config", "prometheus.yml", folder=tmp_path)


@pytest.mark.needs("promtool")
def test_every_query_of_the_dashboard_can_be_asked(tmp_path):
    filled = [
        query.replace("$__rate_interval", "5m").replace("$job", ".+").replace("$instance", ".+")
        for query in QUERIES
    ]
    rules = [{"record": f"query:{number}", "expr": each} for number, each in enumerate(filled)]
    (tmp_path / "queries.yml").write_text(
        json.dumps({"groups": [{"name": "dashboard", "rules": rules}]})
    )
    promtool("check", "rules", "queries.yml", folder=tmp_path)
