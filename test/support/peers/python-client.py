"""The Python peer's client: requests from stdin, by http.client on one kept connection, or by urllib. See README.md."""

import http.client
import json
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

connections = {}


def by_http_client(url, method, headers, body):
    parts = urlsplit(url)
    connection = connections.setdefault(parts.netloc, http.client.HTTPConnection(parts.netloc))
    target = parts.path + ("?" + parts.query if parts.query else "")
    connection.request(method, target, body=body or None, headers=headers)
    port = connection.sock.getsockname()[1]
    with connection.getresponse() as response:
        return {"status": response.status, "received": len(response.read()), "localPort": port}


def by_urllib(url, method, headers, body):
    request = urllib.request.Request(url, data=body or None, headers=headers, method=method)
    try:
        response = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return {"status": response.status, "received": len(response.read()), "localPort": 0}


perform = by_urllib if sys.argv[1:] == ["urllib"] else by_http_client
exchanges = json.load(sys.stdin)
for exchange in exchanges:
    wanted = (exchange["url"], exchange["method"], exchange["headers"], exchange["body"].encode())
    exchange.update(perform(*wanted))
print(json.dumps(exchanges))
