"""Page: the console of one role, with its tabs, behind the login.

``gr.HTML`` and ``js=`` are not used anywhere in the console: they need ``unsafe-eval`` in the content security policy.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount

from assistant.console.tab import QUIET, Tab, label, part, text, translations
from assistant.errors import AssistantError
from assistant.settings import StaffRole
from assistant.staff import ROOT, Gate, Staff

FORBIDDEN_SWITCHES = ("GRADIO_ALLOWED_PATHS", "GRADIO_MCP_SERVER", "GRADIO_SHARE", "GRADIO_VIBE_MODE")
"""Each opens a way around the login, or to files and code of this machine."""
UPLOADS = {StaffRole.STAFF: "1kb", StaffRole.CLINICAL_REVIEWER: "2mb"}
"""How large a file may be: only reviewers have anything to upload, the draft of a source."""
# Components call these without asking the network: no web font is named.
FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

_STYLESHEET = Path(__file__).parent.parent / "widget" / "console.css"


def mount(app: FastAPI, tabs: Sequence[Tab], staff: Staff, withdrawn: Mapping[str, str]) -> None:
    """Mount the console under ``/staff``: a page for each role, and nothing for anybody else.

    ``withdrawn`` tells by source id why patients do not get it.

    Raises:
        AssistantError: the environment holds a switch of Gradio's that would open the console.
    """
    forbidden = [name for name in FORBIDDEN_SWITCHES if name in os.environ]
    if forbidden:
        raise AssistantError(
            f"the environment sets {', '.join(forbidden)}", hint="Unset it, or switch the staff console off."
        )
    pages = {}
    for role in StaffRole:
        gr.mount_gradio_app(
            app,
            build(tabs, role, withdrawn),
            ROOT,
            auth_dependency=staff.user,
            mcp_server=False,
            run_history=False,
            footer_links=[],
            enable_monitoring=False,
            show_error=False,
            max_file_size=UPLOADS[role],
            ssr_mode=False,
            pwa=False,
            allowed_paths=[],
            i18n=translations(),
            theme=_theme(),
            css_paths=_STYLESHEET,
        )
        # Mounted for its start and stop alone: the gate decides who gets which page.
        mounted = app.router.routes.pop()
        assert isinstance(mounted, Mount)  # noqa: S101 - Gradio has just added it
        pages[role] = mounted.app
    app.mount(ROOT, Gate(pages, staff.member))


def build(tabs: Sequence[Tab], role: StaffRole, withdrawn: Mapping[str, str]) -> gr.Blocks:
    """Return the page with the tabs that a role gets, as that role gets them."""

    def greet(request: gr.Request) -> str:
        """Say who is signed in, and which sources patients do not get at present, and why."""
        return part("masthead", request.username or "staff", role, sorted(withdrawn.items()))

    page: gr.Blocks = gr.Blocks(
        title="Assistant console", analytics_enabled=False, fill_width=True, delete_cache=(600, 600)
    )
    with page:
        with gr.Row(elem_id="top"):
            masthead = text(part("masthead", "…", role, []), elem_id="masthead")
            gr.Button(label("page.sign_out"), link="logout", size="sm", scale=0, min_width=110, elem_id="sign-out")
        text(label("page.banner"), elem_id="banner")
        with gr.Tabs(elem_id="pages"):
            for tab in tabs:
                if role.includes(tab.least):
                    with gr.Tab(label(f"{tab.name}.tab"), id=tab.name, elem_id=f"page-{tab.name}"):
                        tab.build(role)
        page.load(greet, None, masthead, **QUIET)
    page.queue(max_size=64, default_concurrency_limit=5, api_open=False)
    return page


def _theme() -> gr.themes.Base:
    """Return the look: fonts of the system, and colours that contrast enough to be read (WCAG AA)."""
    theme = gr.themes.Base(
        primary_hue="teal", neutral_hue="slate", radius_size="md", font=list(FONTS), font_mono=list(MONO_FONTS)
    )
    theme.set(
        body_text_color_subdued="*neutral_600",
        input_placeholder_color="*neutral_500",
        block_label_text_color="*neutral_600",
        block_title_text_color="*neutral_700",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        color_accent="*primary_700",
        input_background_fill="white",
        input_border_width="1px",
        input_border_color="*neutral_300",
        button_cancel_background_fill="#b42318",
        button_cancel_background_fill_hover="#912018",
        button_cancel_text_color="white",
    )
    return theme
