package dev.convoke.server.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ForeignText;
import dev.convoke.server.DecoderReport;
import dev.convoke.server.Deployment;
import dev.convoke.server.HostAnswer;
import dev.convoke.server.HostDeclaration;
import dev.convoke.server.ModelDescription;
import dev.convoke.server.ModelIdentity;
import dev.convoke.server.PlacementText;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** What hosts and decoders write to a coordinator, and what they read from it, which may be anything. */
final class MemberMessages {
    static final String HOSTS = "/admin/v1/hosts";
    static final String DECODERS = "/admin/v1/decoders";
    static final String MODEL = "/admin/v1/model";
    private static final int MOST_NUMBER = 65_535;
    private static final ObjectMapper JSON = new ObjectMapper();

    private MemberMessages() {
    }

    static ObjectNode of(final HostDeclaration declaration) {
        return model(declaration.model()).put("address", declaration.address())
            .put("host_id", HexFormat.of().toHexDigits(declaration.hostId())).put("room", declaration.room())
            .put("speed", declaration.speed()).put("weights", declaration.weights())
            .put("leaving", declaration.leaving());
    }

    static ObjectNode of(final DecoderReport report) {
        return model(report.model()).put("decoder_id", HexFormat.of().toHexDigits(report.id()))
            .put("epoch", report.epoch()).put("revision", report.revision());
    }

    private static ObjectNode model(final ModelIdentity model) {
        return JsonNodeFactory.instance.objectNode().put("model", model.fingerprint()).put("numerics", model.numerics())
            .put("dtype", model.dtype());
    }

    static HostAnswer hostAnswer(final JsonNode answer) {
        final List<ExpertId> experts = new ArrayList<>();
        for (final JsonNode expert : answer.path("experts")) {
            final int layer = expert.path(0).asInt(-1);
            final int index = expert.path(1).asInt(-1);
            if (layer < 0 || index < 0 || layer > MOST_NUMBER || index > MOST_NUMBER) {
                throw senseless();
            }
            experts.add(new ExpertId(layer, index));
        }
        return new HostAnswer(answer.path("number").asInt(-1), experts, answer.path("released").asBoolean(),
            texts(answer.path("sources")),
            ForeignText.onOneLine(answer.path("trouble").asText("")));
    }

    /** What has changed, if anything has. */
    static Optional<Deployment> deployment(final JsonNode answer) {
        if (!answer.has("placement")) {
            return Optional.empty();
        }
        final List<String> hosts = texts(answer.path("hosts"));
        try {
            final Deployment deployment = new Deployment(answer.path("revision").asText(), hosts,
                JSON.treeToValue(answer.path("placement"), PlacementText.class).toPlacement());
            if (hosts.size() != deployment.placement().hosts()) {
                throw senseless();
            }
            return Optional.of(deployment);
        } catch (final JsonProcessingException | IllegalArgumentException e) {
            throw senseless();
        }
    }

    static ModelDescription modelDescription(final JsonNode answer) {
        try {
            return new ModelDescription(new ModelIdentity(answer.path("model").asText(),
                answer.path("numerics").asText(), answer.path("dtype").asText()),
                JSON.treeToValue(answer.path("configuration"), ModelConfiguration.class),
                texts(answer.path("sources")));
        } catch (final JsonProcessingException | IllegalArgumentException e) {
            throw senseless();
        }
    }

    private static List<String> texts(final JsonNode array) {
        final List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static ConvokeException senseless() {
        return new ConvokeException("The coordinator's answer makes no sense; run the same release everywhere, and "
            + "check the address of --join.");
    }
}
