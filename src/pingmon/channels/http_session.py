"""HTTP sessions as the configuration wants them, whatever the environment says."""

import requests


def open_session(proxy: str = "", ca_file: str = "") -> requests.Session:
    """proxy: http:// or socks5h:// URL. ca_file: PEM, to trust instead of the system's. Empty: none."""
    made = requests.Session()
    made.trust_env = False  # the configuration says it all
    if proxy:
        made.proxies = {"http": proxy, "https": proxy}
    if ca_file:
        made.verify = ca_file
    return made
