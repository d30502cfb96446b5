package dev.convoke.decoder.mixtral;

/**
 * OLMoE (Muennighoff et al., 2024): Mixtral's layers with many small experts, whose weights are not renormalised, and
 * norms over whole queries and keys. The checkpoint's traits say so.
 */
public final class OlmoeArchitecture extends MixtralArchitecture {
    @Override
    public String name() {
        return "olmoe";
    }

    @Override
    String routerName() {
        return "mlp.gate.weight";
    }
}
