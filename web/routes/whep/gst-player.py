"""A WebRTC player we did not write, for gst-player.int.test.ts: GStreamer's webrtcbin, as Debian ships it.

Posts its offer to the WHEP endpoint in the first argument, decodes what comes, prints a line of JSON for each picture
(its width), and DELETEs the session and ends when its stdin closes.
"""

import json
import sys
import threading
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

endpoint = sys.argv[1]
session = None
Gst.init(None)
loop = GLib.MainLoop()
pipeline = Gst.Pipeline.new()
player = Gst.ElementFactory.make("webrtcbin")
player.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
pipeline.add(player)
# Left alone, libnice ignores loopback. Kept: with the last reference in Python the agent itself would go.
ice = player.get_property("ice-agent")
ice.emit("add-local-ip-address", "127.0.0.1")
player.emit(
    "add-transceiver",
    GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
    Gst.Caps.from_string(
        "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=97,"
        "packetization-mode=(string)1,profile-level-id=(string)42e01f"
    ),
)


def offered(promise):
    # Named, as the offer lives no longer than the reply it is in.
    reply = promise.get_reply()
    offer = reply.get_value("offer")
    player.emit("set-local-description", offer, Gst.Promise.new())


def gathered(_player, _property):
    if player.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
        threading.Thread(target=post, daemon=True).start()


def post():
    global session
    body = player.get_property("local-description").sdp.as_text().encode()
    request = urllib.request.Request(endpoint, body, {"content-type": "application/sdp"}, method="POST")
    with urllib.request.urlopen(request) as response:
        session = urllib.parse.urljoin(endpoint, response.headers["location"])
        _, sdp = GstSdp.SDPMessage.new_from_text(response.read().decode())
    answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
    player.emit("set-remote-description", answer, Gst.Promise.new())


def decode(_player, pad):
    decoder = Gst.parse_bin_from_description(
        "rtph264depay ! h264parse ! openh264dec ! fakesink name=screen signal-handoffs=true", True
    )
    pipeline.add(decoder)
    decoder.get_by_name("screen").connect("handoff", show)
    pad.link(decoder.sinkpads[0])
    decoder.sync_state_with_parent()


def show(_sink, _buffer, pad):
    print(json.dumps({"widthPx": pad.get_current_caps().get_structure(0).get_value("width")}), flush=True)


def leave():
    sys.stdin.read()
    if session is not None:
        urllib.request.urlopen(urllib.request.Request(session, method="DELETE"))
    loop.quit()


player.connect("notify::ice-gathering-state", gathered)
player.connect("pad-added", decode)
pipeline.set_state(Gst.State.PLAYING)
player.emit("create-offer", None, Gst.Promise.new_with_change_func(offered))
threading.Thread(target=leave, daemon=True).start()
loop.run()
pipeline.set_state(Gst.State.NULL)
