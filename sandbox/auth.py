"""Who is asking: personal access tokens, and the client-credentials endpoint that gives out short-lived ones."""
import base64
import hashlib
import hmac
import json
import os
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from .errors import ApiError
from .http import Response

UNAUTHENTICATED = ApiError(401, 401, "Credential was not sent or was of an unsupported type for this API.",
                           headers={"www-authenticate": 'Bearer realm="DatabricksRealm"'})


@dataclass
class User:
    name: str
    display: str
    id: str
    tenant: str
    may_use: bool = True           # CAN_USE on warehouses
    groups: list = field(default_factory=list)


TENANTS = {"acme": "1111111111111111", "globex": "2222222222222222"}
USERS = {
    "dapi-sandbox-alice": User("alice@acme.example", "Alice", "1001", "acme"),
    "dapi-sandbox-bob": User("bob@acme.example", "Bob", "1002", "acme"),
    "dapi-sandbox-carol": User("carol@globex.example", "Carol", "2001", "globex"),
    "dapi-sandbox-dave": User("dave@acme.example", "Dave (no warehouse permission)", "1004", "acme", may_use=False),
}
CLIENTS = {"sandbox-client": ("sandbox-secret", User("5f0e1c2d-0000-4000-8000-000000000001", "Service principal", "1900", "acme")),
           "globex-client": ("globex-secret", User("5f0e1c2d-0000-4000-8000-000000000002", "Service principal", "2900", "globex"))}


class Auth:
    def __init__(self):
        self.tokens, self.expiry, self.revoked, self.codes = dict(USERS), {}, set(), {}
        self.lock, self.key, self.ttl = threading.Lock(), os.urandom(16), 3600

    def user(self, request):
        """The request's User; ApiError 401 without a bearer token, 403 with a wrong one."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token:
            raise UNAUTHENTICATED
        with self.lock:
            user = None if token in self.revoked else self.tokens.get(token)
            if user is not None and self.expiry.get(token, time.time() + 1) < time.time():
                user = None
        if user is None:
            raise ApiError(403, 403, "Invalid access token.")
        return user

    def revoke(self, token, revoked=True):
        with self.lock:
            (self.revoked.add if revoked else self.revoked.discard)(token)

    # -- OAuth -------------------------------------------------------------------------------------------------
    def issue(self, user, scope, seconds=None):
        """A JWT-shaped token for a user."""
        seconds = seconds or self.ttl
        now = int(time.time())
        claims = {"sub": user.name, "iss": "sandbox", "iat": now, "exp": now + seconds, "scope": scope, "jti": os.urandom(8).hex()}
        part = lambda o: base64.urlsafe_b64encode(json.dumps(o).encode()).rstrip(b"=").decode()
        head = part({"alg": "HS256", "typ": "JWT", "kid": "sandbox"}) + "." + part(claims)
        sign = base64.urlsafe_b64encode(hmac.new(self.key, head.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
        token = head + "." + sign
        with self.lock:
            self.tokens[token], self.expiry[token] = user, now + seconds
        return token

    def token_endpoint(self, request):
        """POST /oidc/v1/token, grant client_credentials, with Basic or form credentials."""
        form = {k: v[0] for k, v in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if form.get("grant_type") in ("authorization_code", "refresh_token"):
            return self._user_token(form)
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        kind, _, basic = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(basic).decode().partition(":")
            except ValueError:
                pass
        if form.get("grant_type") != "client_credentials":
            return self._refuse(400, "unsupported_grant_type", "Known here: client_credentials, authorization_code, refresh_token.")
        known = CLIENTS.get(name)
        if known is None or not hmac.compare_digest(known[0], secret):
            return self._refuse(401, "invalid_client", "Client authentication failed")
        scope = form.get("scope", "all-apis")
        return Response.of({"access_token": self.issue(known[1], scope), "token_type": "Bearer", "expires_in": self.ttl, "scope": scope},
                           headers={"cache-control": "no-store"})

    def authorize(self, request):
        """GET /oidc/v1/authorize: nobody is asked; the browser is sent back at once, as alice (or `login_hint`'s user)."""
        q = request.query
        if q.get("response_type") != "code" or not q.get("redirect_uri", "").startswith(("http://localhost:", "http://127.0.0.1:")):
            return self._refuse(400, "invalid_request", "response_type=code and a loopback redirect_uri are needed")
        user = next((u for u in USERS.values() if u.name == q.get("login_hint")), next(iter(USERS.values())))
        code = "code-" + os.urandom(12).hex()
        with self.lock:
            self.codes[code] = (user, q["redirect_uri"], q.get("code_challenge", ""), q.get("client_id"), q.get("scope", "all-apis"))
        back = q["redirect_uri"] + ("&" if "?" in q["redirect_uri"] else "?") + urlencode({"code": code, "state": q.get("state", "")})
        return Response(302, b"", {"location": back}, None)

    def _user_token(self, form):
        """Both user grants; refresh tokens rotate: each is good for one use."""
        refresh = form["grant_type"] == "refresh_token"
        with self.lock:
            found = self.codes.pop(form.get("refresh_token" if refresh else "code", ""), None)
        if found is None or found[3] != form.get("client_id"):
            return self._refuse(400, "invalid_grant", "The code or refresh token is unknown, used up, or of another client.")
        user, redirect, challenge, client, scope = found
        if not refresh:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if form.get("redirect_uri") != redirect or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
                return self._refuse(400, "invalid_grant", "redirect_uri or code_verifier does not match the authorization request.")
        again = "refresh-" + os.urandom(12).hex()
        with self.lock:
            self.codes[again] = (user, redirect, challenge, client, scope)
        return Response.of({"access_token": self.issue(user, scope), "token_type": "Bearer", "expires_in": self.ttl, "scope": scope,
                            "refresh_token": again}, headers={"cache-control": "no-store"})

    def _refuse(self, status, error, text):
        return Response.of({"error": error, "error_description": text}, status)


def discovery(base):
    """/oidc/.well-known/oauth-authorization-server."""
    return {"authorization_endpoint": f"{base}/oidc/v1/authorize", "token_endpoint": f"{base}/oidc/v1/token", "issuer": f"{base}/oidc",
            "jwks_uri": f"{base}/oidc/jwks.json", "scopes_supported": ["all-apis", "email", "offline_access", "openid", "profile", "sql"],
            "response_types_supported": ["code", "id_token"], "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti", "name", "family_name", "given_name", "preferred_username"],
            "request_uri_parameter_supported": False}


def me(user):
    """SCIM /Me."""
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:workspace:2.0:User"],
            "id": user.id, "userName": user.name, "displayName": user.display, "active": True, "name": {"givenName": user.display},
            "emails": [{"type": "work", "value": user.name, "primary": True}], "groups": [{"display": g} for g in user.groups]}
