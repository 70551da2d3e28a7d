"""Artifacts: the files of runs and models."""

from __future__ import annotations

from modelyard.core.entities.noun import Int64, Noun


class FileInfo(Noun, frozen=True):
    """A file or folder. ``file_size`` is in bytes and is absent for folders."""

    path: str
    is_dir: bool
    file_size: int | None = None


class MultipartUploadPart(Noun, frozen=True):
    """A part of a multipart upload that was sent: its number, from 1, and the ETag the upload of it answered."""

    part_number: Int64
    etag: str = ""
    url: str | None = None


class MultipartUploadCredential(Noun, frozen=True):
    """Where and with which headers one part is sent."""

    url: str
    part_number: int
    headers: dict[str, str] = {}
