"""One HTTP request, as library users construct it."""

from pydantic import Field
from pydantic.dataclasses import dataclass

from http_benchmark.models.base import RECORD, Record
from http_benchmark.models.fields import Body, Identifier, Method, Seconds
from http_benchmark.models.secret_fields import HeaderMapping, Url


@dataclass(config=RECORD)
class HTTPRequest(Record):
    """A request to be sent.

    Attributes:
        method: One of the eight; STREAM reads a GET response as a stream.
        url: Absolute, http or https.
        headers: None stands for none.
        body: Text or bytes; None stands for none.
        timeout: Total deadline, seconds.
        verify_ssl: Check certificates.
        stream: Read the response's body as a stream.
        id: None for a new random one.

    Raises:
        ConfigurationError: With one line for each fault.
    """

    method: Method
    url: Url
    headers: HeaderMapping = Field(default_factory=dict, repr=False)
    body: Body = Field(default="", repr=False)
    timeout: Seconds = 30
    verify_ssl: bool = True
    stream: bool = False
    id: Identifier = Field(default="", validate_default=True)
