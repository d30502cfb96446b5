package dev.convoke.server;

/**
 * Where expert hosts register and decoders learn of them. Both call again and again: that is how they are known to be
 * there. Thread-safe; what is refused for good is a {@link dev.convoke.core.ConvokeException} with the reason.
 */
public interface Membership {
    /** A host says that it is there, that it is about to load its experts, or that it will go. */
    HostAnswer register(HostDeclaration declaration);

    /** What the deployment's model is, and who has it. */
    ModelDescription model();

    /** A decoder says how far it is; what it should know. */
    Deployment report(DecoderReport report);
}
