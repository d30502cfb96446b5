package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pages may ask, as browsers see it. */
@Timeout(120)
class AllowedOriginsTest {
    private static final String OURS = "https://chat.example.org";
    private static final String ALLOWED = "access-control-allow-origin";

    private static TestServer server(final List<String> origins, final ApiAccess access) {
        return TestServer.start(open -> new ApiSettings(open.address(), access, open.tls(),
            AllowedOrigins.of(origins), open.limits(), false, open.pingInterval(), open.drainLimit()),
            context -> context);
    }

    private static HttpResponse<String> preflight(final TestServer server, final String origin) {
        return server.send(server.request("/v1/chat/completions").header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization, content-type, x-stainless-os")
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody()).build());
    }

    private static HttpResponse<String> ask(final TestServer server, final String path, final String origin) {
        return server.send(server.request(path).header("Origin", origin).GET().build());
    }

    private static String header(final HttpResponse<String> answer, final String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private static void requireNoPermission(final HttpResponse<String> answer) {
        assertTrue(answer.headers().map().keySet().stream().noneMatch(name -> name.startsWith("access-control")),
            answer.headers().toString());
    }

    @Test
    void shouldPermitThePagesOfAnAllowedOrigin() {
        try (TestServer server = server(List.of(OURS, "http://localhost:3000"), new ApiAccess(
            BearerKeys.of(List.of("key")), BearerKeys.NONE, BearerKeys.NONE))) {
            final HttpResponse<String> may = preflight(server, OURS);
            assertEquals(204, may.statusCode());
            assertEquals(OURS, header(may, ALLOWED));
            assertTrue(header(may, "access-control-allow-methods").contains("POST"));
            assertEquals("authorization, content-type, x-stainless-os", header(may, "access-control-allow-headers"));
            assertEquals("Origin", header(may, "vary"));
            assertEquals("http://localhost:3000", header(preflight(server, "http://localhost:3000"), ALLOWED));

            final HttpResponse<String> unknown = ask(server, "/v1/models", OURS);
            assertEquals(401, unknown.statusCode());
            assertEquals(OURS, header(unknown, ALLOWED));
            assertTrue(header(unknown, "access-control-expose-headers").contains("X-Request-Id"));

            for (final String other : List.of("https://evil.example.org", "https://chat.example.org.evil.org", "null",
                "http://chat.example.org", "HTTPS://CHAT.EXAMPLE.ORG")) {
                assertEquals(401, preflight(server, other).statusCode());
                requireNoPermission(preflight(server, other));
                requireNoPermission(ask(server, "/health", other));
                assertEquals(200, ask(server, "/health", other).statusCode());
            }
            assertEquals("", header(server.get("/health"), ALLOWED));
        }
    }

    @Test
    void shouldPermitAllPagesWhenTold() {
        try (TestServer server = server(List.of("*"), ApiAccess.OPEN)) {
            assertEquals("*", header(preflight(server, OURS), ALLOWED));
            assertEquals("*", header(ask(server, "/v1/models", "null"), ALLOWED));
            assertEquals(405, server.send(server.request("/v1/models")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()).build()).statusCode());
        }
    }

    @Test
    void shouldPermitNobodyUnlessTold() {
        final TestServer server = TestServer.shared();
        assertEquals(405, preflight(server, OURS).statusCode());
        requireNoPermission(preflight(server, OURS));
        requireNoPermission(ask(server, "/v1/models", OURS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://chat.example.org/", "chat.example.org", "https://", "", "https://a b"})
    void shouldRefuseWhatIsNoOrigin(final String origin) {
        assertTrue(assertThrows(ConfigurationException.class, () -> AllowedOrigins.of(List.of(origin))).getMessage()
            .contains("cors-allowed-origins has '" + origin + "'"));
    }
}
