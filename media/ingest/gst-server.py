"""An RTSP server we did not write, for peer.int.test.ts: GStreamer's, as Debian ships it.

Serves a clip at /clip on a free port of 127.0.0.1, prints the port, and ends when its stdin closes. Options as JSON in
the first argument: pictures (folder of one H.264 file each), fps, login ("none", "basic" or "digest"), certificate
(PEM with its key, or null).
"""

import json
import pathlib
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

options = json.loads(sys.argv[1])
Gst.init(None)

factory = GstRtspServer.RTSPMediaFactory()
# Pictures are pushed with times: from a file of raw H.264 all would be sent with one.
factory.set_launch(
    '( appsrc name=source format=time caps="video/x-h264,stream-format=byte-stream,alignment=au" '
    "! h264parse ! rtph264pay name=pay0 pt=97 mtu=1200 )"
)


def configure(_factory, media):
    pictures = iter(enumerate(sorted(pathlib.Path(options["pictures"]).iterdir())))

    def push(source, _bytes):
        number, picture = next(pictures, (0, None))
        if picture is None:
            source.emit("end-of-stream")
            return
        buffer = Gst.Buffer.new_wrapped(picture.read_bytes())
        buffer.pts = buffer.dts = number * Gst.SECOND // options["fps"]
        buffer.duration = Gst.SECOND // options["fps"]
        source.emit("push-buffer", buffer)

    media.get_element().get_child_by_name("source").connect("need-data", push)


factory.connect("media-configure", configure)

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
server.get_mount_points().add_factory("/clip", factory)

if options["login"] != "none" or options["certificate"]:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if options["login"] == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest("viewer", "wide open", token)
    elif options["login"] == "basic":
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", "wide open"), token)
    else:
        auth.set_default_token(token)
    if options["certificate"]:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_pem(options["certificate"], -1))
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
    server.set_auth(auth)

loop = GLib.MainLoop()


def stdin_closed(_channel, _condition):
    loop.quit()
    return False


GLib.io_add_watch(sys.stdin, GLib.IOCondition.HUP, stdin_closed)
if server.attach(None) == 0:
    sys.exit("cannot listen")
print(server.get_bound_port(), flush=True)
loop.run()
