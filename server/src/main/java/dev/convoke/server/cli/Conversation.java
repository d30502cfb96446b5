package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.server.ChatPrompt;
import dev.convoke.server.ChatTemplate;
import dev.convoke.server.ChatTemplateException;
import dev.convoke.server.ServedModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A chat on the terminal: a line in, an answer out, all of it remembered until it is reset. */
final class Conversation {
    private static final String PROMPT = "> ";
    private static final String HELP = "A line is a message; /reset forgets the conversation, /exit or Ctrl-D ends it.";

    private final ServedModel served;
    private final ChatTemplate template;
    private final SamplingOptions sampling;
    private final List<Map<String, Object>> messages = new ArrayList<>();

    Conversation(final ServedModel served, final SamplingOptions sampling) {
        this.served = served;
        this.sampling = sampling;
        this.template = served.chatTemplate().orElseThrow(() -> new ConfigurationException("The model '" + served.id()
            + "' has no chat template; leave --interactive out and give it a text to continue."));
    }

    /** Until the input ends or asks to. */
    void run(final BufferedReader in, final PrintStream out, final TerminalAnswer answer) throws IOException,
        InterruptedException {
        out.println(HELP);
        for (String line = ask(in, out); line != null && !"/exit".equals(line.strip()); line = ask(in, out)) {
            switch (line.strip()) {
                case "" -> { }
                case "/reset" -> messages.clear();
                case "/help" -> out.println(HELP);
                default -> reply(line, out, answer);
            }
        }
    }

    private static String ask(final BufferedReader in, final PrintStream out) throws IOException {
        out.print(PROMPT);
        out.flush();
        return in.readLine();
    }

    private void reply(final String line, final PrintStream out, final TerminalAnswer answer)
        throws InterruptedException {
        messages.add(Map.of("role", "user", "content", line));
        try {
            final String prompt = template.render(new ChatPrompt(List.copyOf(messages), List.of(), true, Map.of()));
            final String text = answer.print(sampling.request(served, served.tokenizer().encode(prompt, false)));
            messages.add(Map.of("role", "assistant", "content", text));
        } catch (final ConfigurationException | ChatTemplateException e) {
            messages.removeLast();
            out.println(e.getMessage() + " (/reset starts over)");
        }
    }
}
