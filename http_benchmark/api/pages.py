"""Pages for people; so far the place where they are going to be."""

from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Add the pages and their files to an application."""
