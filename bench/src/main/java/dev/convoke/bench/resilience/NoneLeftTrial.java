package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** All hosts are killed: requests are refused with a reason, and answered again when a host returns. */
final class NoneLeftTrial implements Trial {
    private static final long CALM_NS = TimeUnit.SECONDS.toNanos(1);

    @Override
    public String name() {
        return "none-left";
    }

    @Override
    public void run(final Bench bench, final Verdicts verdicts) throws InterruptedException {
        try (Deployment deployment = bench.start(Bench.PACED)) {
            final StreamClient client = deployment.client();
            final Question question = Question.of(1).getFirst();
            final String expected = client.ask(question, bench.settings().tokens()).text();
            final Seen seen;
            final long struckNs;
            try (Traffic traffic = bench.traffic(client)) {
                traffic.awaitAnswers(1);
                struckNs = System.nanoTime();
                for (int host = 0; host < Deployment.HOSTS; host++) {
                    deployment.killHost(host);
                }
                seen = traffic.stop();
            }
            final List<Double> refusedSeconds = new ArrayList<>();
            final int refused = refused(client, question, bench.settings().repeat(), refusedSeconds, bench);
            final int back = bench.random().nextInt(Deployment.HOSTS);
            deployment.startHost(back, Bench.PACED);
            final long readyNs = deployment.awaitHostReady(back);
            final Streamed[] answer = new Streamed[1];
            final long answeredNs = Waiting.until("a request succeeds", () -> {
                answer[0] = client.ask(question, bench.settings().tokens());
                return !answer[0].failed();
            });
            seen.errors().forEach(error -> bench.say("of streams under way: " + error));
            verdicts.tell("streams under way that ended with a reason", "", seen.failed());
            verdicts.tell("until they ended", "s", (seen.lastEndNs() - struckNs) / 1e9);
            verdicts.always("requests refused with 503 and a reason", "", bench.settings().repeat(), refused);
            verdicts.never("until a request is refused", "s", 1,
                Verdicts.runs(refusedSeconds));
            verdicts.never("answers unlike the undisturbed run's", "", 0, answer[0].text().equals(expected) ? 0 : 1);
            verdicts.tell("from ready to the first answer", "s", (answeredNs - readyNs) / 1e9);
        }
    }

    private static int refused(final StreamClient client, final Question question, final int times,
        final List<Double> seconds, final Bench bench) throws InterruptedException {
        int refused = 0;
        for (int i = 0; i < times; i++) {
            Waiting.forNs(CALM_NS);
            final long askedNs = System.nanoTime();
            final Streamed answer = client.ask(question, 1);
            seconds.add((System.nanoTime() - askedNs) / 1e9);
            bench.say("with no host: " + answer.error());
            refused += answer.error().matches("503: .*\\w.*") ? 1 : 0;
        }
        return refused;
    }
}
