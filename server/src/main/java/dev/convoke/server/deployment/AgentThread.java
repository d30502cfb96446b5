package dev.convoke.server.deployment;

import dev.convoke.core.ActiveWindowIdleStrategy;
import dev.convoke.core.Alarm;
import dev.convoke.core.TimerSlack;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingIdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A platform thread that runs one agent until it is closed, or until the agent throws: that is logged, ends the agent,
 * and can be asked for.
 */
public final class AgentThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AgentThread.class);
    private static final long ACTIVE_WINDOW_NS = TimeUnit.MILLISECONDS.toNanos(2);
    /** For agents to which work only comes over the network: the most that a first frame waits. */
    public static final long NETWORK_PARK_NS = TimeUnit.MILLISECONDS.toNanos(1);
    /** For agents that are woken up when there is work. */
    static final long WOKEN_PARK_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final AgentRunner runner;
    private volatile Throwable failure;

    /**
     * Does not start yet.
     *
     * @param parkNs how long an idle agent parks at a time
     * @param alarm  that the agent may set, or {@link Alarm#NONE}
     */
    public AgentThread(final Agent agent, final long parkNs, final Alarm alarm) {
        this(agent, newIdleStrategy(parkNs, alarm), alarm != Alarm.NONE);
    }

    private AgentThread(final Agent agent, final IdleStrategy idleStrategy, final boolean parksExactly) {
        runner = new AgentRunner(idleStrategy, this::onError, null, new Supervised(agent, parksExactly));
    }

    /** For an agent whose work can wait: it parks for so long whenever there is none, whatever there just was. */
    public static AgentThread unhurried(final Agent agent, final long parkNs) {
        return new AgentThread(agent, new SleepingIdleStrategy(parkNs), false);
    }

    /** Yields while there was work within the last moments, then parks for so long at a time; heeds an alarm. */
    public static IdleStrategy newIdleStrategy(final long parkNs, final Alarm alarm) {
        return new ActiveWindowIdleStrategy(SystemNanoClock.INSTANCE, ACTIVE_WINDOW_NS, parkNs, alarm,
            LockSupport::parkNanos);
    }

    /** Starts the thread, named after the agent's role. */
    public void start() {
        AgentRunner.startOnThread(runner, task -> Thread.ofPlatform().name(runner.agent().roleName()).unstarted(task));
    }

    /** Any thread: ends the current park, if there is one. */
    void wakeUp() {
        LockSupport.unpark(runner.thread());
    }

    /** What ended the agent, or null. */
    public Throwable failure() {
        return failure;
    }

    private void onError(final Throwable error) {
        final Throwable cause = error instanceof AgentTerminationException && error.getCause() != null
            ? error.getCause() : error;
        failure = cause;
        LOG.error("The {} failed and has stopped.", runner.agent().roleName(), cause);
    }

    /** Waits until the agent has stopped and cleaned up. */
    @Override
    public void close() {
        runner.close();
    }

    private record Supervised(Agent agent, boolean parksExactly) implements Agent {
        @Override
        public void onStart() {
            if (parksExactly) {
                TimerSlack.minimise();
            }
            agent.onStart();
        }

        @Override
        public int doWork() throws Exception {
            try {
                return agent.doWork();
            } catch (final RuntimeException | Error e) {
                throw new AgentTerminationException(e);
            }
        }

        @Override
        public void onClose() {
            agent.onClose();
        }

        @Override
        public String roleName() {
            return agent.roleName();
        }
    }
}
