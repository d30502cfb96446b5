package dev.convoke.server.http;

/** One way to ask for a generation. */
@FunctionalInterface
interface Endpoint {
    /** Understands the request of an id or throws {@link ApiException}. */
    Job understand(RequestFields fields, String requestId);
}
