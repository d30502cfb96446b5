package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConvokeException;

/** A request that is answered with an error body. */
final class ApiException extends ConvokeException {
    private static final long serialVersionUID = 1L;
    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String SERVER_ERROR = "server_error";

    private final int status;
    private final String type;
    private final String param;
    private final String code;

    private ApiException(final int status, final String type, final String param, final String code,
        final String message) {
        super(message);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
    }

    /** 400: the request as a whole makes no sense. */
    static ApiException malformed(final String message) {
        return new ApiException(400, INVALID_REQUEST, null, null, message);
    }

    /** 400: a field has a value that cannot be used. */
    static ApiException invalid(final String param, final String message) {
        return new ApiException(400, INVALID_REQUEST, param, null, message);
    }

    /** 400: more tokens than the model can hold. */
    static ApiException tooLong(final String param, final String message) {
        return new ApiException(400, INVALID_REQUEST, param, "context_length_exceeded", message);
    }

    /** 401: the request carries no key that is known. */
    static ApiException unauthorized() {
        return new ApiException(401, INVALID_REQUEST, null, "invalid_api_key", "This server needs an API key; send the "
            + "header 'Authorization: Bearer KEY' with one that it knows.");
    }

    /** 401: the request carries no admin key that is known. */
    static ApiException noOperator() {
        return new ApiException(401, INVALID_REQUEST, null, "invalid_admin_key", "Admin routes need an admin key, "
            + "which no API key or member key is; send the header 'Authorization: Bearer KEY' with one of "
            + "--admin-key-file.");
    }

    /** 401: neither a member's key nor an operator's. */
    static ApiException noMember() {
        return new ApiException(401, INVALID_REQUEST, null, "invalid_member_key", "Whoever joins needs a member key or "
            + "an admin key; send the header 'Authorization: Bearer KEY' with one of --member-key-file.");
    }

    /** 404: no admin key is configured. */
    static ApiException noAdminRoutes() {
        return new ApiException(404, INVALID_REQUEST, null, "admin_disabled", "This server has no admin routes, since "
            + "it has no admin key; start it with --admin-key-file FILE.");
    }

    /** 404: no such model. */
    static ApiException unknownModel(final String wanted, final String served) {
        return new ApiException(404, INVALID_REQUEST, "model", "model_not_found",
            "The model '" + wanted + "' does not exist here; this server serves '" + served + "'.");
    }

    /** 404: no such route. */
    static ApiException unknownRoute(final String method, final String path) {
        return new ApiException(404, INVALID_REQUEST, null, "unknown_url",
            "There is no " + method + " " + path + "; see GET /v1/models, POST /v1/completions and "
                + "POST /v1/chat/completions.");
    }

    /** 404: the route exists, and what it names does not. */
    static ApiException notFound(final String code, final String message) {
        return new ApiException(404, INVALID_REQUEST, null, code, message);
    }

    /** 409: not while something else goes on. */
    static ApiException conflict(final String code, final String message) {
        return new ApiException(409, INVALID_REQUEST, null, code, message);
    }

    /** 405: the route exists, for another method. */
    static ApiException wrongMethod(final String method, final String path, final String allowed) {
        return new ApiException(405, INVALID_REQUEST, null, "method_not_allowed",
            path + " does not take " + method + "; use " + allowed.replace(", ", " or ") + ".");
    }

    /** 415: the body is said to be of another type. */
    static ApiException notJson(final String type) {
        return new ApiException(415, INVALID_REQUEST, null, "unsupported_media_type",
            "The body is said to be '" + type + "'; send JSON in UTF-8 with 'Content-Type: application/json'.");
    }

    /** 429: as many requests wait as may. */
    static ApiException queueFull(final String message) {
        return new ApiException(429, "rate_limit_error", null, "queue_full", message);
    }

    /** 429: as many requests are being answered as may. */
    static ApiException tooManyRequests(final int most) {
        return new ApiException(429, "rate_limit_error", null, "too_many_requests",
            "This server answers " + most + " requests at a time, and has as many; try again in a moment.");
    }

    /** 503: no requests are taken now. */
    static ApiException notReady(final String reason) {
        return new ApiException(503, SERVER_ERROR, null, "not_ready", reason);
    }

    /** 500: the model could not go on. */
    static ApiException failed(final String message) {
        return new ApiException(500, SERVER_ERROR, null, "generation_failed", message);
    }

    /** Any other refusal, for what the web server finds wrong by itself. */
    static ApiException other(final int status, final String message) {
        return new ApiException(status, status < 500 ? INVALID_REQUEST : SERVER_ERROR, null, null, message);
    }

    int status() {
        return status;
    }

    /** Whether the same request may succeed a little later. */
    boolean isTemporary() {
        return status == 429 || status == 503;
    }

    /** {@code {"error": {"message", "type", "param", "code"}}}. */
    ObjectNode body() {
        final ObjectNode body = Json.object();
        final ObjectNode error = body.putObject("error");
        error.put("message", getMessage());
        error.put("type", type);
        error.put("param", param);
        error.put("code", code);
        return body;
    }
}
