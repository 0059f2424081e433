"""SFTP: a server with a folder for each partner, or a client of a server that is not ours."""

from simulator.transports.sftp.settings import Settings
from simulator.transports.sftp.transport import SftpTransport

__all__ = ["Settings", "SftpTransport"]
