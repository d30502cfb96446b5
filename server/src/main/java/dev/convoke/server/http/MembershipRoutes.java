package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.DecoderReport;
import dev.convoke.server.Deployment;
import dev.convoke.server.HostAnswer;
import dev.convoke.server.HostDeclaration;
import dev.convoke.server.Membership;
import dev.convoke.server.ModelDescription;
import dev.convoke.server.ModelIdentity;
import dev.convoke.server.PlacementText;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.HexFormat;
import java.util.function.Supplier;

/** Where the coordinator's expert hosts and decoders call, again and again. What does not fit is refused with 409. */
final class MembershipRoutes {
    static final String HOSTS = "/hosts";
    static final String DECODERS = "/decoders";
    static final String MODEL = "/model";
    private static final int MOST_ADDRESS = 256;
    private static final int MOST_TEXT = 64;
    private static final float MOST_SPEED = 1e12f;
    private static final long MOST_EPOCH = 1L << 53;
    private static final int ID_DIGITS = 16;

    private final Membership membership;

    MembershipRoutes(final Membership membership) {
        this.membership = membership;
    }

    /** An expert host says that it is there. */
    void host(final ServerRequest request, final ServerResponse response) {
        final RequestFields fields = Json.read(request);
        fields.requireKnown("address", "host_id", "model", "numerics", "dtype", "room", "speed", "weights",
            "leaving");
        final HostDeclaration declaration = new HostDeclaration(text(fields, "address", MOST_ADDRESS),
            id(fields, "host_id"), model(fields), fields.integer("room", 0, Integer.MAX_VALUE).orElse(0),
            fields.number("speed", 0, MOST_SPEED).orElse(0f), fields.flag("weights", true),
            fields.flag("leaving", false));
        Answers.send(response, 200, describe(orConflict(() -> membership.register(declaration))));
    }

    private static <T> T orConflict(final Supplier<T> call) {
        try {
            return call.get();
        } catch (final ConvokeException e) {
            throw ApiException.conflict("cluster_conflict", e.getMessage());
        }
    }

    private static ObjectNode describe(final HostAnswer answer) {
        final ObjectNode body = Json.object().put("number", answer.number());
        final ArrayNode experts = body.putArray("experts");
        answer.experts().forEach(expert -> experts.addArray().add(expert.layer()).add(expert.index()));
        body.put("released", answer.released()).put("trouble", answer.trouble());
        final ArrayNode sources = body.putArray("sources");
        answer.sources().forEach(sources::add);
        return body;
    }

    /** What an expert host without a checkpoint needs to know. */
    void model(final ServerRequest request, final ServerResponse response) {
        final ModelDescription model = membership.model();
        final ObjectNode body = Json.object().put("model", model.identity().fingerprint())
            .put("numerics", model.identity().numerics()).put("dtype", model.identity().dtype());
        body.set("configuration", Json.MAPPER.valueToTree(model.configuration()));
        final ArrayNode sources = body.putArray("sources");
        model.sources().forEach(sources::add);
        Answers.send(response, 200, body);
    }

    /** A decoder says how far it is; it is told what has changed since it asked last. */
    void decoder(final ServerRequest request, final ServerResponse response) {
        final RequestFields fields = Json.read(request);
        fields.requireKnown("decoder_id", "model", "numerics", "dtype", "epoch", "revision");
        final DecoderReport report = new DecoderReport(id(fields, "decoder_id"), model(fields),
            fields.longInteger("epoch", 0, MOST_EPOCH).orElse(0L), fields.text("revision").orElse(""));
        final Deployment deployment = orConflict(() -> membership.report(report));
        final ObjectNode body = Json.object().put("revision", deployment.revision());
        if (!deployment.revision().equals(report.revision())) {
            final ArrayNode hosts = body.putArray("hosts");
            deployment.hosts().forEach(hosts::add);
            body.set("placement", Json.MAPPER.valueToTree(PlacementText.of(deployment.placement())));
        }
        Answers.send(response, 200, body);
    }

    private static ModelIdentity model(final RequestFields fields) {
        return new ModelIdentity(text(fields, "model", MOST_TEXT), text(fields, "numerics", MOST_TEXT),
            text(fields, "dtype", MOST_TEXT));
    }

    private static String text(final RequestFields fields, final String name, final int most) {
        final String text = fields.text(name).orElse("");
        if (text.isBlank() || text.length() > most || text.chars().anyMatch(Character::isISOControl)) {
            throw ApiException.invalid(name, "'" + name + "' must be 1 to " + most + " characters without control "
                + "characters.");
        }
        return text;
    }

    private static long id(final RequestFields fields, final String name) {
        final String digits = text(fields, name, ID_DIGITS);
        if (digits.length() != ID_DIGITS || !digits.chars().allMatch(HexFormat::isHexDigit)) {
            throw ApiException.invalid(name, "'" + name + "' must be " + ID_DIGITS + " hexadecimal digits.");
        }
        return HexFormat.fromHexDigitsToLong(digits);
    }
}
