"""What an AS2 endpoint may set in the plant file."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from simulator.core.durations import MINUTE, Duration
from simulator.transports._delivery import Delivery, Retry
from simulator.transports._delivery.settings import When
from simulator.transports.as2.cmswrite import CipherName, Digest, KeyTransport
from simulator.transports.as2.message import Wrapping
from simulator.transports.http.place import Place

BODY_LIMIT = 32 * 1024 * 1024
NAME = r'^[^\x00-\x1f\x7f"\\]{1,128}$'
RECEIPT = "receipt"  # a receipt that is missing from its answer, or proves nothing
NEGATIVE = "negative"  # a receipt that says an error
_OWN = (RECEIPT, NEGATIVE)


class Resend(Retry):
    """When the same message, with the same Message-ID, is sent again. All wall time."""

    on: list[When] = Field(
        ["5xx", "429", "timeout", "connection", RECEIPT, NEGATIVE],
        description="what is worth another try: statuses, 5xx, timeout (of the answer or of the "
        "receipt), connection, receipt (none in the answer, or it proves nothing), negative (the "
        "receipt says an error)",
    )

    @field_validator("on")
    @classmethod
    def _known(cls, value: list[str]) -> list[str]:
        Retry(on=[one for one in value if one not in _OWN])
        return value


class Settings(Place, Delivery):
    """One trading partner's AS2 station: who it is, how it sends, what it takes."""

    name: str = Field(pattern=NAME, description="the partner's AS2 name: AS2-From of what it sends")
    peer: str = Field(
        pattern=NAME, description="the integration's AS2 name: AS2-From of what it sends"
    )
    url: str | None = Field(
        None,
        description="where the integration takes messages; ${NAME} is filled in; without it, "
        "nothing can be delivered",
    )
    body_limit: int = Field(
        BODY_LIMIT, ge=1,
        description="larger messages are refused (413), and so is what unpacks to more; bytes",
    )  # fmt: skip

    # --- keys
    certificate: str | None = Field(
        None,
        description="the integration's certificate (PEM or DER): its file, or its URL, which is "
        "asked at first need and again when a signer is not known; ${NAME} is filled in",
    )
    trusts: list[str] = Field(
        default_factory=list,
        description="more certificates whose signatures hold, files or URLs: the next one while "
        "keys roll over, or authorities",
    )
    key: str | None = Field(
        None,
        description="the partner's private key and certificate, one PEM file; by default made on "
        "first start and kept with the plant",
    )

    # --- what the integration sends
    require: list[Literal["signed", "encrypted"]] = Field(
        ["signed", "encrypted"],
        description="messages without it are answered `insufficient-message-security`",
    )
    duplicates: Literal["warning", "processed"] = Field(
        "warning",
        description="what the receipt says to a Message-ID that was taken before: "
        "`processed/warning: duplicate-document`, or `processed` as the first time",
    )
    remembers: int = Field(
        10_000, ge=1, le=1_000_000, description="how many Message-IDs are remembered"
    )

    # --- what the partner sends
    sign: Literal[Digest, "none"] = Field("sha256", description="the signature's digest, or none")
    encrypt: Literal[CipherName, "none"] = Field("aes256", description="the cipher, or none")
    compress: Literal["before-signing", "after-signing", "none"] = Field(
        "none", description="whether messages are compressed, and when"
    )
    key_transport: KeyTransport = Field("pkcs1", description="how the content key is encrypted")
    transfer_encoding: Literal["binary", "base64"] = Field(
        "binary", description="how the payload is encoded inside a message"
    )
    receipt: Literal["sync", "async", "none"] = Field(
        "sync",
        description="the receipt (MDN) it asks for: in the answer, posted by itself, or none",
    )
    signed_receipt: bool = Field(True, description="it asks for a signed receipt, and insists")
    receipt_timeout: Duration = Field(
        1 * MINUTE, gt=0, description="how long it waits for an asynchronous receipt (wall time)"
    )
    receipt_url: str | None = Field(
        None,
        description="where asynchronous receipts are posted to; by default the endpoint's own URL",
    )
    retry: Resend = Field(
        default_factory=Resend,
        description="when and how often the same message is sent again without a good receipt",
    )
    verify_tls: bool = Field(True, description="check the TLS certificate of the integration")

    @field_validator("url", "receipt_url")
    @classmethod
    def _deliverable(cls, value: str | None) -> str | None:
        if value is not None and "${" not in value:
            check_url(value)
        return value

    @model_validator(mode="after")
    def _keys(self) -> Settings:
        if self.certificate is None:
            if self.url is not None and self.encrypt != "none":
                raise ValueError(
                    "to encrypt, the integration's certificate is needed: set `certificate`, or "
                    "`encrypt: none`"
                )
            if "signed" in self.require and not self.trusts:
                raise ValueError(
                    "to check signatures, the integration's certificate is needed: set "
                    "`certificate`, or take `signed` out of `require`"
                )
        return self

    @property
    def wrapping(self) -> Wrapping:
        """How messages are made."""
        return Wrapping(
            None if self.sign == "none" else self.sign,
            None if self.encrypt == "none" else self.encrypt,
            None if self.compress == "none" else self.compress,
            self.key_transport,
            self.transfer_encoding,
        )


def check_url(value: str) -> None:
    """Raises ValueError for what is no URL to post to."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is no URL to deliver to: like http://erp:8000/as2")
