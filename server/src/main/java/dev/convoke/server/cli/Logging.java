package dev.convoke.server.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.logging.LogManager;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** One line for each event on standard error; stack traces only when debugging. Found by Logback as a service. */
public final class Logging extends ContextAwareBase implements Configurator {
    private static final String LINE = "%d{HH:mm:ss.SSS} %-5level %msg";
    private static final String ERROR_IN_LINE = "%replace( [%ex{short}]){'( \\[\\]|\\s+)', ' '}%nopex%n";
    private static final String ERROR_WITH_TRACE = "%n%ex";

    private static volatile boolean debugging;

    /** Leaves only warnings, for commands whose output is the answer. */
    static void quiet() {
        if (!debugging) {
            logger("dev.convoke").setLevel(Level.WARN);
        }
    }

    private static Logger logger(final String name) {
        return ((LoggerContext)LoggerFactory.getILoggerFactory()).getLogger(name);
    }

    /** Sends the JDK's logging here as well. */
    static void start(final boolean debug) {
        debugging = debug;
        LogManager.getLogManager().reset();
        SLF4JBridgeHandler.install();
        LoggerFactory.getLogger(Logging.class).debug("Debugging.");
    }

    @Override
    public ExecutionStatus configure(final LoggerContext context) {
        final PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(LINE + (debugging ? ERROR_WITH_TRACE : ERROR_IN_LINE));
        encoder.start();
        final ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        context.getLogger("ROOT").setLevel(Level.WARN);
        context.getLogger("ROOT").addAppender(appender);
        context.getLogger("dev.convoke").setLevel(debugging ? Level.DEBUG : Level.INFO);
        // A client that resets its connection is no event here.
        context.getLogger("io.helidon.webserver.ConnectionHandler").setLevel(debugging ? Level.DEBUG : Level.OFF);
        // Nor is one that sends what is no HTTP; it gets an answer.
        context.getLogger("io.helidon.webserver.http1.Http1Connection").setLevel(debugging ? Level.DEBUG : Level.OFF);
        // It looks for GPUs, which it is not asked to use, and complains.
        context.getLogger("ai.djl").setLevel(debugging ? Level.DEBUG : Level.ERROR);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
