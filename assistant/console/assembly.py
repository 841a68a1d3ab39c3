"""Assembly: the console of an assistant, each tab with those of its parts that it needs."""

import secrets
from functools import partial

from fastapi import FastAPI

from assistant.attendance import Attendance, Attended
from assistant.bench import Bench
from assistant.card import model_card, safety_protocol, versions
from assistant.casebook import Casebook
from assistant.console.ask import AskTab
from assistant.console.compare import CompareTab
from assistant.console.page import mount
from assistant.console.papers import paper_routes
from assistant.console.reading import reading_routes
from assistant.console.sources import SourcesTab
from assistant.console.system import Installation, SystemTab
from assistant.console.tab import Tab
from assistant.console.testset import BenchTab
from assistant.console.workbench import Workbench
from assistant.doctor import examine, examine_corpus
from assistant.factory import CORPUS, SCREENS, Parts, generators, load_corpus, load_subject, reindex, variant
from assistant.gate import load_gate
from assistant.runs import Runs
from assistant.settings import Account, Settings, StaffRole
from assistant.staff import Staff, one_time_password
from assistant.upkeep import Upkeep
from assistant.variants import Variants


def add_console(app: FastAPI, parts: Parts, settings: Settings) -> None:
    """Add login, sources and console to an application; without accounts, leave it a one-time password."""
    accounts = dict(settings.staff.accounts)
    if not accounts:
        password, known_hash = one_time_password()
        # Whoever reads the terminal runs the server, and may do all that it can.
        accounts["staff"] = Account(hash=known_hash, role=StaffRole.CLINICAL_REVIEWER)
        app.state.one_time_password = password
    given = settings.staff.secret
    secret = given.get_secret_value() if given else secrets.token_urlsafe(32)
    staff = Staff(accounts, secret=secret, session_hours=settings.staff.session_hours)
    app.include_router(staff.router)
    app.include_router(reading_routes(parts.library, staff.member))
    attendance = Attendance()
    app.add_middleware(Attended, attendance=attendance)
    workbench = load_workbench(parts, settings, attendance)
    app.include_router(paper_routes(workbench, staff.member))
    mount(app, tabs(parts, settings, workbench), staff, parts.library.withdrawn)


def load_workbench(parts: Parts, settings: Settings, attendance: Attendance) -> Workbench:
    """Return what the test set stands on; its runs give way to the patients who are waited on."""
    runs = Runs(settings.data_dir / "runs")
    return Workbench(
        bench=Bench(runs, attendance.is_busy),
        runs=runs,
        casebook=Casebook(settings.data_dir, parts.library.patient_passages()),
        subject=load_subject(parts, settings, versions(parts, settings).model_dump()),
        gate=load_gate(),
        state=lambda: parts.retriever.state,
    )


def tabs(parts: Parts, settings: Settings, workbench: Workbench) -> tuple[Tab, ...]:
    """Return the tabs in their order."""
    offered = generators(settings)
    variants = Variants(partial(variant, parts, settings), CORPUS.parent, settings.data_dir)
    upkeep = Upkeep(settings, parts.library, CORPUS, SCREENS, load_corpus, partial(reindex, parts, settings))
    installation = Installation(
        settings=settings,
        versions=partial(versions, parts, settings),
        diagnose=lambda: (*examine_corpus(parts), *examine(settings)),
        model_card=lambda: model_card(parts, settings, workbench.measured()),
        safety_protocol=partial(safety_protocol, parts, settings),
        switch=parts.switch,
    )
    return (
        AskTab(lambda model: variant(parts, settings, model).ask, offered, parts.library.source),
        CompareTab(variants, offered),
        BenchTab(workbench),
        SourcesTab(upkeep, partial(examine_corpus, parts)),
        SystemTab(installation),
    )
