package dev.convoke.server.http;

import dev.convoke.core.ConfigurationException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** TLS from certificates and private keys in PEM files. */
public final class PemTls {
    private static final Pattern KEY = Pattern.compile("-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----",
        Pattern.DOTALL);
    private static final char[] NO_PASSWORD = {};

    private PemTls() {
    }

    /**
     * Reads both.
     *
     * @param certificate the server's own certificate first
     * @param key         PKCS #8, not encrypted
     */
    public static SSLContext read(final Path certificate, final Path key) {
        try {
            final Certificate[] chain = certificates(certificate);
            final KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, NO_PASSWORD);
            store.setKeyEntry("server", privateKey(key, chain[0].getPublicKey().getAlgorithm()), NO_PASSWORD, chain);
            final KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, NO_PASSWORD);
            final SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (final GeneralSecurityException | IOException e) {
            throw new ConfigurationException("The certificate " + certificate + " and the key " + key
                + " cannot be used for TLS: " + e.getMessage() + ".", e);
        }
    }

    /**
     * For clients.
     *
     * @param certificate whoever has one of these, or one that they have signed, is trusted, and nobody else
     */
    public static SSLContext trusting(final Path certificate) {
        try {
            final KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, NO_PASSWORD);
            for (final Certificate trusted : certificates(certificate)) {
                store.setCertificateEntry("server-" + store.size(), trusted);
            }
            final TrustManagerFactory managers = TrustManagerFactory.getInstance(
                TrustManagerFactory.getDefaultAlgorithm());
            managers.init(store);
            final SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (final GeneralSecurityException | IOException e) {
            throw new ConfigurationException("The certificate " + certificate + " cannot be trusted: " + e.getMessage()
                + ".", e);
        }
    }

    private static Certificate[] certificates(final Path file) throws GeneralSecurityException {
        final Certificate[] chain = CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(bytes(file))).toArray(Certificate[]::new);
        if (chain.length == 0) {
            throw new ConfigurationException(file + " holds no certificate; give a PEM file that does.");
        }
        return chain;
    }

    private static PrivateKey privateKey(final Path file, final String algorithm) throws GeneralSecurityException {
        final Matcher pem = KEY.matcher(new String(bytes(file), StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw new ConfigurationException(file + " holds no private key of the form 'BEGIN PRIVATE KEY'; turn it "
                + "into one with: openssl pkcs8 -topk8 -nocrypt -in KEY -out " + file.getFileName() + ".");
        }
        final byte[] der = Base64.getMimeDecoder().decode(pem.group(1));
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (final InvalidKeySpecException e) {
            throw new ConfigurationException("The key " + file + " is no " + algorithm + " key, as the certificate "
                + "wants; give the key that belongs to it.", e);
        }
    }

    private static byte[] bytes(final Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (final IOException e) {
            throw new ConfigurationException(file + " cannot be read; check the path and its permissions.", e);
        }
    }
}
