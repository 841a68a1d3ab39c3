"""Staff sign in and out; nobody else gets in."""

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from assistant.errors import AssistantError
from assistant.settings import Account, StaffRole
from assistant.staff import COOKIE, TOO_MANY, WRONG, Gate, Member, Staff, one_time_password

NAME, PASSWORD, WRONG_PASSWORD, SECRET = "nora", "a long enough password", "wrong", "s" * 32


@cache
def known_hash() -> str:
    """Return a hash that is cheap to verify."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def application(role: StaffRole = StaffRole.STAFF, **options: Any) -> FastAPI:
    """Return an application with the staff pages and one guarded page."""
    staff = Staff({NAME: Account(hash=known_hash(), role=role)}, **({"secret": SECRET, "session_hours": 1} | options))
    app = FastAPI()
    app.include_router(staff.router)

    @app.get("/whoami")
    def whoami(request: Request) -> str | None:
        return staff.user(request)

    app.mount("/staff", Gate({each: page_of(each) for each in StaffRole}, staff.member))
    return app


def page_of(role: StaffRole) -> FastAPI:
    """Return the page of a role, which only says whose it is."""
    page = FastAPI()

    @page.api_route("/", methods=["GET", "POST"])
    def inside() -> str:
        return role

    return page


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Return a browser that has not signed in."""
    with TestClient(application(), base_url="http://clinic.example", follow_redirects=False) as client:
        yield client


def sign_in(client: TestClient, name: str = NAME, password: str = PASSWORD, **headers: str) -> Any:
    """Send the form of the login page."""
    return client.post("/staff/login", data={"name": name, "password": password}, headers=headers)


def token(client: TestClient) -> str:
    """Sign in and return the session cookie's value."""
    return str(sign_in(client).cookies[COOKIE])


def who(client: TestClient, cookie: str) -> Any:
    """Return whom the application takes the holder of a cookie for."""
    client.cookies.clear()
    return client.get("/whoami", headers={"Cookie": f"{COOKIE}={cookie}"}).json()


def test_the_right_password_opens_a_session(client: TestClient) -> None:
    """After signing in the application knows the user."""
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/")
    assert who(client, answer.cookies[COOKIE]) == NAME


@pytest.mark.parametrize(
    ("name", "password"), [(NAME, "wrong"), ("nobody", PASSWORD), ("", ""), (NAME, PASSWORD + "x" * 2000)]
)
def test_wrong_password_and_unknown_user_look_the_same(client: TestClient, name: str, password: str) -> None:
    """The page does not tell which of the two was wrong, and sets no cookie."""
    answer = sign_in(client, name, password)
    assert answer.status_code == 401
    assert WRONG in answer.text
    assert "set-cookie" not in answer.headers


def test_the_password_of_an_unknown_user_is_verified_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown name costs one verification, as a known one does, so that time tells nothing."""
    staff = Staff({NAME: Account(hash=known_hash())}, secret=SECRET, session_hours=1)
    verified: list[str] = []

    def verify(_hasher: PasswordHasher, against: str, _password: str) -> bool:
        verified.append(against)
        return True

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    assert not staff._knows("nobody", PASSWORD)
    assert staff._knows(NAME, PASSWORD)
    assert len(verified) == 2


def test_the_cookie_is_for_the_console_only(client: TestClient) -> None:
    """No script reads the cookie, no other site sends it, no other path gets it."""
    cookie = sign_in(client).headers["set-cookie"].lower()
    for flag in ("httponly", "samesite=strict", "path=/staff", "max-age=3600"):
        assert flag in cookie
    assert "secure" not in cookie


def test_the_cookie_is_secure_over_https() -> None:
    """Over https the cookie never travels over http."""
    with TestClient(application(), base_url="https://clinic.example", follow_redirects=False) as client:
        assert "secure" in sign_in(client).headers["set-cookie"].lower()


def test_the_sixth_try_waits(client: TestClient) -> None:
    """After five wrong tries even the right password has to wait, and the page says how long."""
    for _ in range(5):
        assert sign_in(client, password=WRONG_PASSWORD).status_code == 401
    answer = sign_in(client)
    assert answer.status_code == 429
    assert TOO_MANY in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert sign_in(client, "somebody-else").status_code == 401


def test_many_names_from_one_address_wait_too(client: TestClient) -> None:
    """Trying many names does not get around the limit."""
    answers = [sign_in(client, f"name-{n}", "").status_code for n in range(31)]
    assert answers == [401] * 30 + [429]


def test_a_success_clears_the_count(client: TestClient) -> None:
    """Who signs in is not locked out by earlier mistakes."""
    for _ in range(3):
        for _ in range(3):
            sign_in(client, password=WRONG_PASSWORD)
        assert sign_in(client).status_code == 303


def test_an_expired_session_is_over(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie that was kept beyond its hours opens nothing."""
    cookie = token(client)
    now = time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 3605)
    assert who(client, cookie) is None


@pytest.mark.parametrize(
    "change", [lambda token: token[:-2], lambda token: "x" + token, lambda _: "", lambda _: "a.b.c"]
)
def test_a_changed_cookie_opens_nothing(client: TestClient, change: Any) -> None:
    """Only what was signed here counts."""
    assert who(client, change(token(client))) is None


def test_a_cookie_of_another_secret_opens_nothing(client: TestClient) -> None:
    """Sessions end when the secret changes."""
    with TestClient(application(secret="t" * 32), base_url="http://clinic.example", follow_redirects=False) as other:
        assert who(client, token(other)) is None


def test_a_new_password_ends_old_sessions(client: TestClient) -> None:
    """A session belongs to the password that it was opened with."""
    cookie = token(client)
    changed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("new")
    staff = Staff({NAME: Account(hash=changed)}, secret=SECRET, session_hours=1)
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())]
    assert staff.user(Request({"type": "http", "headers": headers})) is None


def test_signing_out_ends_the_session(client: TestClient) -> None:
    """After signing out a copy of the cookie is worth nothing."""
    cookie = token(client)
    answer = client.post("/staff/logout")
    assert answer.status_code == 200
    assert 'staff_session=""' in answer.headers["set-cookie"]
    assert who(client, cookie) is None


def test_a_link_does_not_sign_out(client: TestClient) -> None:
    """Fetching the page to sign out only shows the button, and only to who is signed in."""
    assert client.get("/staff/logout").status_code == 401
    sign_in(client)
    assert "Sign out" in client.get("/staff/logout").text
    assert client.get("/staff/").status_code == 200


@pytest.mark.parametrize(
    "header", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
@pytest.mark.parametrize("path", ["/staff/login", "/staff/logout", "/staff/"])
def test_posts_of_other_sites_are_refused(client: TestClient, path: str, header: dict[str, str]) -> None:
    """Another site can neither sign staff in or out, nor ask in their name."""
    sign_in(client)
    answer = client.post(path, data={"name": NAME, "password": PASSWORD}, headers=header)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_posts_of_our_own_pages_are_accepted(client: TestClient) -> None:
    """The headers that a browser sends from our own page let the form through."""
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://clinic.example"}
    assert sign_in(client, **own).status_code == 303
    assert client.post("/staff/", headers=own).status_code == 200


@pytest.mark.parametrize("path", ["/staff", "/staff/", "/staff/anything"])
def test_visitors_get_the_form_with_401(client: TestClient, path: str) -> None:
    """A browser that is not signed in sees the login form wherever it goes."""
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert 'action="/staff/login"' in answer.text


def test_programs_get_a_problem(client: TestClient) -> None:
    """What is not a page gets problem details."""
    answer = client.get("/staff/gradio_api/info", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_the_login_page_and_its_stylesheet_are_open(client: TestClient) -> None:
    """The form can be drawn without a session, and holds nothing inline."""
    page = client.get("/staff/login")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert client.get("/staff/login.css").headers["content-type"].startswith("text/css")


def test_a_name_is_shown_inert(client: TestClient) -> None:
    """What was typed as a name comes back as text."""
    assert "<script>" not in sign_in(client, "<script>alert(1)</script>").text


def test_whoever_is_signed_in_is_led_to_the_console(client: TestClient) -> None:
    """The login page and the bare path lead on to the console."""
    sign_in(client)
    assert [client.get(path).headers["location"] for path in ("/staff", "/staff/login")] == ["/staff/"] * 2


@pytest.mark.parametrize("role", StaffRole)
def test_each_role_gets_its_own_page(role: StaffRole) -> None:
    """The gate leads everybody to the page of their role, and knows who has which."""
    with TestClient(application(role), base_url="http://clinic.example", follow_redirects=False) as client:
        sign_in(client)
        assert client.get("/staff/").json() == role


def test_a_role_that_was_taken_away_counts_at_once(client: TestClient) -> None:
    """A session has the role that its account has now, not the one that it had at login."""
    headers = [(b"cookie", f"{COOKIE}={token(client)}".encode())]
    promoted = {NAME: Account(hash=known_hash(), role=StaffRole.CLINICAL_REVIEWER)}
    staff = Staff(promoted, secret=SECRET, session_hours=1)
    request = Request({"type": "http", "headers": headers})
    assert staff.member(request) == Member(NAME, StaffRole.CLINICAL_REVIEWER)


def test_reviewers_may_do_what_staff_may() -> None:
    """Roles are in order, each with all that those before it may."""
    assert StaffRole.CLINICAL_REVIEWER.includes(StaffRole.STAFF)
    assert not StaffRole.STAFF.includes(StaffRole.CLINICAL_REVIEWER)


def test_an_account_without_a_hash_stops_the_start() -> None:
    """A password in clear among the accounts is an error that does not repeat it."""
    with pytest.raises(AssistantError, match="nora") as caught:
        Staff({NAME: Account(hash="in clear")}, secret=SECRET, session_hours=1)
    assert "in clear" not in str(caught.value)


def test_one_time_passwords_differ_and_fit_their_hash() -> None:
    """Each start has its own password, and the hash is of it."""
    (one, its_hash), (other, _) = one_time_password(), one_time_password()
    assert one != other
    assert PasswordHasher().verify(its_hash, one)


def test_no_secret_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """Neither passwords nor cookies reach a log."""
    with caplog.at_level("DEBUG"):
        cookie = token(client)
    assert PASSWORD not in caplog.text
    assert cookie not in caplog.text
