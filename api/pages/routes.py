"""Every page, as one router."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import adding, catalogue, comparing, programs, reading, static, verifying

router = APIRouter()
for part in (catalogue, programs, comparing, adding, verifying, reading, static):
    router.include_router(part.router)
