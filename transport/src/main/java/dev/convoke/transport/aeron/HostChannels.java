package dev.convoke.transport.aeron;

/** Aeron's channels and streams of one host address, seen from both ends. */
interface HostChannels {
    /** The longest frame that travels as one fragment, both ways. */
    int fragmentBytes();

    /** Decoders publish here, the host subscribes. */
    int requestStream();

    /** The host publishes here, decoders subscribe. */
    int answerStream();

    /** What the host subscribes to. */
    String hostSubscription();

    /** What the host publishes answers on, to the decoder whose request image has that correlation id. */
    String hostPublication(long imageCorrelationId);

    /** A publication that holds the host's answer port while no decoder is there, or null where nothing is to hold. */
    String hostReservation();

    /** What a decoder subscribes to. */
    String decoderSubscription();

    /** What a decoder publishes requests on, naming the subscription that waits for the answers. */
    String decoderPublication(long subscriptionRegistrationId);
}
