"""The ASGI application: ``python app.py`` serves it, and so does ``uvicorn app:app``."""

from assistant.cli import run
from assistant.factory import build_app
from assistant.settings import read_settings

settings = read_settings()
app = build_app(settings)

if __name__ == "__main__":
    run(app, settings)
