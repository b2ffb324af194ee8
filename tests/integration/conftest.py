# SPDX-License-Identifier: MIT
"""The files that take longest are begun first, so that no worker is left alone with one at the end (pytest -n N --dist loadfile)."""

LONG = ("test_migrations", "test_records", "test_sight", "test_tool", "test_local", "test_dispatcher", "test_ledger", "test_report", "test_readme", "test_channels", "test_ingest", "test_gateway",
        "test_examples", "test_store", "test_detector_service")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))
