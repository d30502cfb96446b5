package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.server.TestModels;
import dev.convoke.server.deployment.ServedDecoder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys and TLS. */
@Timeout(120)
class AccessTest {
    private static final String PASSWORD = "password";

    @TempDir
    private Path directory;

    private static TestServer server(final ApiAccess access, final Optional<SSLContext> tls) {
        final ApiSettings open = ApiSettings.open(TestServer.freePort(), Duration.ofSeconds(10));
        final ServedDecoder decoder = TestModels.local(TestModels.TINY, DType.F32, 1, UnaryOperator.identity());
        final TestServer server = new TestServer(decoder, new ApiSettings(open.address(), access, tls,
            open.origins(), open.limits(), false, open.pingInterval(), open.drainLimit()));
        server.awaitReady();
        return server;
    }

    private static ApiAccess clients(final String... keys) {
        return new ApiAccess(BearerKeys.of(List.of(keys)), BearerKeys.NONE, BearerKeys.NONE);
    }

    private static int status(final TestServer server, final String path, final String authorization) {
        final HttpRequest.Builder request = server.request(path);
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return server.send(request.GET().build()).statusCode();
    }

    @Test
    void shouldLetInWhoHasAKey() {
        try (TestServer server = server(clients("first", "second"), Optional.empty())) {
            for (final String path : List.of("/v1/models", "/metrics", "/version", "/nowhere")) {
                for (final String wrong : new String[] {null, "Bearer ", "Bearer third", "Basic first", "first",
                    "Bearer first second", "Bearer firs"}) {
                    assertEquals(401, status(server, path, wrong), path + " " + wrong);
                }
            }
            assertEquals(200, status(server, "/v1/models", "Bearer first"));
            assertEquals(200, status(server, "/v1/models", "bearer second"));
            assertEquals(404, status(server, "/nowhere", "Bearer second"));
            for (final String path : List.of("/health", "/ready", "/ping")) {
                assertEquals(200, status(server, path, null));
            }
            final HttpResponse<String> refused = server.post("/v1/completions", "{\"prompt\": \"a\"}");
            assertEquals(401, refused.statusCode());
            assertEquals("Bearer", refused.headers().firstValue("www-authenticate").orElse(""));
            assertTrue(refused.body().contains("invalid_api_key"));
        }
    }

    @Test
    void shouldLetOnlyOperatorsInToAdminRoutes() {
        final ApiAccess access = new ApiAccess(BearerKeys.of(List.of("client")),
            BearerKeys.of(List.of("first", "second")), BearerKeys.of(List.of("member")));
        try (TestServer server = server(access, Optional.empty())) {
            for (final String path : List.of("/admin/v1", "/admin/v1/nowhere", "/admin/v1/no/where", "/admin",
                "/admin/", "/admin/v2")) {
                for (final String wrong : new String[] {null, "Bearer ", "Bearer client", "Bearer member",
                    "Basic first", "first", "Bearer firs"}) {
                    assertEquals(401, status(server, path, wrong), path + " " + wrong);
                }
                assertEquals(path.equals("/admin/v1") ? 200 : 404, status(server, path, "Bearer second"), path);
            }
            assertEquals(401, status(server, "/v1/models", "Bearer first"));
            assertEquals(401, status(server, "/v1/models", "Bearer member"));
            for (final String path : List.of("/cluster", "/cluster/drain", "/placement", "/routing-traces")) {
                assertEquals(401, status(server, "/admin/v1" + path, "Bearer member"), path);
            }
            // The coordinator is elsewhere.
            for (final String path : List.of("/hosts", "/decoders", "/model")) {
                assertEquals(409, status(server, "/admin/v1" + path, "Bearer member"), path);
                assertEquals(409, status(server, "/admin/v1" + path, "Bearer first"), path);
                assertEquals(401, status(server, "/admin/v1" + path, "Bearer client"), path);
            }
            assertTrue(server.get("/admin/v1/hosts").body().contains("invalid_member_key"));
            final HttpResponse<String> refused = server.get("/admin/v1");
            assertEquals("Bearer", refused.headers().firstValue("www-authenticate").orElse(""));
            assertTrue(refused.body().contains("invalid_admin_key"), refused.body());
            assertEquals(401, server.post("/admin/v1", "{}").statusCode());
            final HttpResponse<String> wrongMethod = server.send(server.request("/admin/v1")
                .header("Authorization", "Bearer first").DELETE().build());
            assertEquals(405, wrongMethod.statusCode());
            assertEquals("GET", wrongMethod.headers().firstValue("allow").orElse(""));
            final HttpResponse<String> list = server.send(server.request("/admin/v1")
                .header("Authorization", "bearer first").build());
            assertTrue(TestServer.json(list.body()).get("routes").toString().contains("\"GET /admin/v1\""),
                list.body());
        }
    }

    @Test
    void shouldHaveNoAdminRoutesWithoutAnAdminKey() {
        try (TestServer server = server(clients("client"), Optional.empty())) {
            for (final String authorization : new String[] {null, "Bearer client", "Bearer "}) {
                assertEquals(404, status(server, "/admin/v1", authorization));
                assertEquals(404, status(server, "/admin/v1/anything", authorization));
            }
            assertTrue(server.get("/admin/v1").body().contains("--admin-key-file"));
            assertEquals(404, status(server, "/admin/v1/hosts", "Bearer client"));
        }
    }

    @Test
    void shouldRefuseAKeyThatIsOfClientsAndOperators() {
        final BearerKeys clients = BearerKeys.of(List.of("a", "b"));
        final BearerKeys operators = BearerKeys.of(List.of("c", "b"));
        assertTrue(assertThrows(ConfigurationException.class, () -> new ApiAccess(clients, operators, BearerKeys.NONE))
            .getMessage().contains("both an API key and an admin key"));
        assertTrue(assertThrows(ConfigurationException.class, () -> new ApiAccess(clients, BearerKeys.NONE, operators))
            .getMessage().contains("both an API key and a member key"));
        assertTrue(assertThrows(ConfigurationException.class, () -> new ApiAccess(BearerKeys.NONE, operators, clients))
            .getMessage().contains("both an admin key and a member key"));
    }

    @Test
    void shouldReadKeysFromAFile() throws IOException {
        final Path file = Files.writeString(directory.resolve("keys"), "# ours\n\n one \ntwo\n");
        assertEquals(List.of("one", "two"), BearerKeys.read(file, "api-key-file"));
        Files.writeString(file, "# none\n");
        assertTrue(assertThrows(ConfigurationException.class, () -> BearerKeys.read(file, "api-key-file"))
            .getMessage().contains("leave out --api-key-file"));
        assertThrows(ConfigurationException.class, () -> BearerKeys.read(directory.resolve("absent"),
            "api-key-file"));
    }

    @Test
    void shouldServeOverTls() throws Exception {
        final KeyStore store = keyStore("RSA");
        final Path certificate = pem("certificate.pem", "CERTIFICATE",
            store.getCertificate("server").getEncoded());
        final Path key = pem("key.pem", "PRIVATE KEY",
            store.getKey("server", PASSWORD.toCharArray()).getEncoded());
        try (TestServer server = server(ApiAccess.OPEN, Optional.of(PemTls.read(certificate, key)));
            HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .sslContext(trusting(store.getCertificate("server"))).build()) {
            final HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create("https://localhost:"
                + server.port() + "/v1/completions")).POST(HttpRequest.BodyPublishers.ofString(
                    "{\"prompt\": \"In the\", \"max_tokens\": 4, \"stream\": true}")).build(),
                HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode());
            assertTrue(answer.body().endsWith("data: [DONE]\n\n"));
        }
    }

    @Test
    void shouldSayWhatIsWrongWithAKey() throws Exception {
        final KeyStore store = keyStore("RSA");
        final Path certificate = pem("certificate.pem", "CERTIFICATE",
            store.getCertificate("server").getEncoded());
        final Path old = pem("old.pem", "RSA PRIVATE KEY", new byte[] {1});
        assertTrue(assertThrows(ConfigurationException.class, () -> PemTls.read(certificate, old)).getMessage()
            .contains("openssl pkcs8"));
        final Path other = pem("ec.pem", "PRIVATE KEY",
            keyStore("EC").getKey("server", PASSWORD.toCharArray()).getEncoded());
        assertThrows(ConfigurationException.class, () -> PemTls.read(certificate, other));
        assertThrows(ConfigurationException.class, () -> PemTls.read(other, other));
        assertThrows(ConfigurationException.class, () -> PemTls.read(directory.resolve("absent"), other));
    }

    private KeyStore keyStore(final String algorithm) throws IOException, InterruptedException,
        GeneralSecurityException {
        final Path file = directory.resolve(algorithm + ".p12");
        final Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool")
            .toString(), "-genkeypair", "-alias", "server", "-keyalg", algorithm, "-dname", "CN=localhost", "-ext",
            "san=dns:localhost", "-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", PASSWORD)
            .redirectErrorStream(true).start();
        final String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, keytool.waitFor(), output);
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    private Path pem(final String name, final String kind, final byte... der) throws IOException {
        return Files.writeString(directory.resolve(name), "-----BEGIN " + kind + "-----\n"
            + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + kind + "-----\n");
    }

    private static SSLContext trusting(final Certificate certificate) throws GeneralSecurityException, IOException {
        final KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("server", certificate);
        final TrustManagerFactory managers = TrustManagerFactory.getInstance(
            TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        final SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        assertFalse(trusted.size() == 0);
        return context;
    }
}
