/** Offers as browsers write them; Chromium's is one of version 156 with the codecs left out that add nothing. */
const FINGERPRINT = '7A:B2:D5:1A:79:BC:DE:74:18:08:C1:64:FB:D7:D3:E5:28:46:3E:49:6A:0F:21:A5:0C:1C:9B:EE:02:8D:A7:3F';

export const chromiumOffer = sdp(`v=0
o=- 9074240062006049535 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 108 109 114 116 117 41
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:HRZz
a=ice-pwd:PWw6b1wWejoINwHOskLZzaQc
a=ice-options:trickle
a=fingerprint:sha-256 ${FINGERPRINT}
a=setup:actpass
a=mid:0
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:104 H264/90000
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
a=rtpmap:108 H264/90000
a=rtcp-fb:108 goog-remb
a=rtcp-fb:108 transport-cc
a=rtcp-fb:108 ccm fir
a=rtcp-fb:108 nack
a=rtcp-fb:108 nack pli
a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:109 rtx/90000
a=fmtp:109 apt=108
a=rtpmap:114 H264/90000
a=fmtp:114 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:116 H264/90000
a=fmtp:116 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
a=rtpmap:117 rtx/90000
a=fmtp:117 apt=116
a=rtpmap:41 H264/90000
a=fmtp:41 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=f4001f
`);

/** Firefox: session-level fingerprint, upper-case profile, audio asked for first, feedback without goog-remb. */
export const firefoxOffer = sdp(`v=0
o=mozilla...THIS_IS_SDPARTA-99.0 4610911384121466011 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 ${FINGERPRINT}
a=group:BUNDLE 0 1 2
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 109 9
c=IN IP4 0.0.0.0
a=recvonly
a=mid:0
a=ice-pwd:40ccd9fc8b3a0d04b3e4b1c9a9e3c1f2
a=ice-ufrag:1f2e3d4c
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=setup:actpass
m=video 9 UDP/TLS/RTP/SAVPF 120 126 97
c=IN IP4 0.0.0.0
a=recvonly
a=fmtp:126 profile-level-id=42E01F;level-asymmetry-allowed=1;packetization-mode=1
a=fmtp:97 profile-level-id=42E01F;level-asymmetry-allowed=1
a=mid:1
a=ice-pwd:40ccd9fc8b3a0d04b3e4b1c9a9e3c1f2
a=ice-ufrag:1f2e3d4c
a=rtcp-fb:* nack
a=rtcp-fb:* nack pli
a=rtcp-mux
a=rtpmap:120 VP8/90000
a=rtpmap:126 H264/90000
a=rtpmap:97 H264/90000
a=setup:actpass
m=application 0 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=bundle-only
a=mid:2
a=sendrecv
a=setup:actpass
a=sctp-port:5000
`);

function sdp(text: string): string {
  return text.replaceAll('\n', '\r\n');
}
