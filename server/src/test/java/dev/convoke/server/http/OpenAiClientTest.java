package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionChoice;
import com.openai.models.completions.CompletionCreateParams;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's own client, unchanged, against a running server. */
class OpenAiClientTest {
    private static final String PROMPT = "In the beginning";
    private static final String CONTINUATION = " of the day of the month, in the day of the";

    private static OpenAIClient client;

    @BeforeAll
    static void connect() {
        client = OpenAIOkHttpClient.builder().baseUrl("http://127.0.0.1:" + TestServer.shared().port() + "/v1")
            .apiKey("none").maxRetries(0).responseValidation(true).build();
    }

    @AfterAll
    static void disconnect() {
        client.close();
    }

    private static CompletionCreateParams.Builder completion() {
        return CompletionCreateParams.builder().model("tiny-moe").prompt(PROMPT).temperature(0).maxTokens(12);
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model("tiny-moe").addSystemMessage("In").addUserMessage(PROMPT)
            .temperature(0).maxCompletionTokens(12);
    }

    @Test
    void shouldCompleteAPrompt() {
        final Completion completion = client.completions().create(completion().logprobs(2).build());
        final CompletionChoice choice = completion.choices().getFirst();
        assertEquals(CONTINUATION, choice.text());
        assertEquals(CompletionChoice.FinishReason.LENGTH, choice.finishReason());
        assertEquals(12, choice.logprobs().orElseThrow().tokens().orElseThrow().size());
        assertEquals(4, completion.usage().orElseThrow().promptTokens());
        assertEquals(12, completion.usage().orElseThrow().completionTokens());
        assertEquals(16, completion.usage().orElseThrow().totalTokens());
        assertEquals("tiny-moe", completion.model());
        assertTrue(completion.id().startsWith("cmpl-"));
    }

    @Test
    void shouldStreamACompletion() {
        // The client's validation wants a finish reason in every event, which no server sends.
        try (StreamResponse<Completion> stream = client.withOptions(options -> options.responseValidation(false))
            .completions().createStreaming(completion().streamOptions(
                ChatCompletionStreamOptions.builder().includeUsage(true).build()).build())) {
            final List<Completion> events = stream.stream().toList();
            final Completion last = events.getLast();
            assertTrue(last.choices().isEmpty());
            assertEquals(12, last.usage().orElseThrow().completionTokens());
            assertEquals(CONTINUATION, events.stream().flatMap(event -> event.choices().stream())
                .map(CompletionChoice::text).collect(Collectors.joining()));
        }
    }

    @Test
    void shouldCompleteSeveralPromptsAtOnce() {
        final Completion completion = client.completions().create(completion()
            .promptOfArrayOfStrings(List.of(PROMPT, "import os", PROMPT)).build());
        assertEquals(List.of(0L, 1L, 2L), completion.choices().stream().map(CompletionChoice::index).toList());
        assertEquals(CONTINUATION, completion.choices().get(0).text());
        assertEquals(CONTINUATION, completion.choices().get(2).text());
        assertFalse(completion.choices().get(1).text().isEmpty());
    }

    @Test
    void shouldCompleteTokens() {
        final Completion completion = client.completions().create(completion()
            .promptOfArrayOfTokens(List.of(0L, 1567L, 266L, 2739L)).build());
        assertEquals(CONTINUATION, completion.choices().getFirst().text());
    }

    @Test
    void shouldChat() {
        final ChatCompletion answer = client.chat().completions().create(chat().logprobs(true).topLogprobs(3).build());
        final ChatCompletion.Choice choice = answer.choices().getFirst();
        assertFalse(choice.message().content().orElseThrow().isEmpty());
        assertEquals(ChatCompletion.Choice.FinishReason.LENGTH, choice.finishReason());
        assertEquals(12, choice.logprobs().orElseThrow().content().orElseThrow().size());
        assertEquals(3, choice.logprobs().orElseThrow().content().orElseThrow().getFirst().topLogprobs().size());
        assertTrue(answer.id().startsWith("chatcmpl-"));
        assertEquals(12, answer.usage().orElseThrow().completionTokens());
    }

    @Test
    void shouldStreamAChatThatReadsLikeTheWholeOne() {
        final String whole = client.chat().completions().create(chat().build()).choices().getFirst().message()
            .content().orElseThrow();
        try (StreamResponse<ChatCompletionChunk> stream = client.chat().completions().createStreaming(chat().build())) {
            final List<ChatCompletionChunk> events = stream.stream().toList();
            assertEquals(whole, events.stream().flatMap(event -> event.choices().stream())
                .map(choice -> choice.delta().content().orElse("")).collect(Collectors.joining()));
            assertEquals(ChatCompletionChunk.Choice.FinishReason.LENGTH,
                events.getLast().choices().getFirst().finishReason().orElseThrow());
        }
    }

    @Test
    @SuppressWarnings("deprecation")
    void shouldGiveEachOfSeveralChoicesTheSameAgainForASeed() {
        final ChatCompletionCreateParams params = chat().n(3).seed(11).temperature(0.9).logprobs(true).topLogprobs(2)
            .build();
        final List<ChatCompletion.Choice> choices = client.chat().completions().create(params).choices();
        assertEquals(List.of(0L, 1L, 2L), choices.stream().map(ChatCompletion.Choice::index).toList());
        assertTrue(choices.stream().map(OpenAiClientTest::content).distinct().count() > 1);
        assertEquals(choices.stream().map(OpenAiClientTest::content).toList(), client.chat().completions()
            .create(params).choices().stream().map(OpenAiClientTest::content).toList());
        choices.forEach(choice -> choice.logprobs().orElseThrow().content().orElseThrow().forEach(token -> {
            assertTrue(token.logprob() <= 0);
            assertEquals(2, token.topLogprobs().size());
            assertTrue(token.topLogprobs().get(0).logprob() >= token.topLogprobs().get(1).logprob());
        }));
    }

    private static String content(final ChatCompletion.Choice choice) {
        return choice.message().content().orElseThrow();
    }

    @Test
    void shouldEndAtAStopString() {
        final CompletionChoice choice = client.completions().create(completion().stop(" month").build()).choices()
            .getFirst();
        assertEquals(" of the day of the", choice.text());
        assertEquals(CompletionChoice.FinishReason.STOP, choice.finishReason());
        assertEquals(" of the", client.completions().create(completion().stopOfStrings(List.of("x", " day")).build())
            .choices().getFirst().text());
    }

    @Test
    @SuppressWarnings("deprecation")
    void shouldTellTheUsageOfAStreamedChatAtItsEnd() {
        try (StreamResponse<ChatCompletionChunk> stream = client.chat().completions().createStreaming(chat().n(2)
            .seed(3).streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build()).build())) {
            final List<ChatCompletionChunk> events = stream.stream().toList();
            assertTrue(events.getLast().choices().isEmpty());
            assertEquals(24, events.getLast().usage().orElseThrow().completionTokens());
            assertTrue(events.subList(0, events.size() - 1).stream().allMatch(event -> event.usage().isEmpty()));
            assertEquals(2, events.stream().flatMap(event -> event.choices().stream())
                .filter(choice -> choice.finishReason().isPresent()).count());
            assertEquals(1, events.stream().map(ChatCompletionChunk::id).distinct().count());
        }
    }

    @Test
    void shouldListTheModel() {
        assertEquals(List.of("tiny-moe"), client.models().list().data().stream().map(model -> model.id()).toList());
        assertEquals("tiny-moe", client.models().retrieve("tiny-moe").id());
    }

    @Test
    void shouldRefuseInWaysTheClientKnows() {
        assertThrows(NotFoundException.class,
            () -> client.completions().create(completion().model("other").build()));
        assertThrows(BadRequestException.class,
            () -> client.completions().create(completion().maxTokens(100_000).build()));
    }
}
