namespace Tocsin.Notify;

/// <summary>Whether a contact method is known to reach its person.</summary>
public enum ProofState
{
    /// <summary>Nothing that came by it was ever answered.</summary>
    Never,

    /// <summary>It reached the person once, but long ago, or the last test was not answered.</summary>
    Stale,

    Good,
}

/// <summary>What is known of one contact method: a page or a test that was answered through it proves that it reaches its person.</summary>
/// <param name="Address">Stands for whom or what the method reaches. A proof of another address proves nothing.</param>
/// <param name="AnsweredBy">What was answered: page or test.</param>
/// <param name="AskedAt">When the provider took the last test that asks to be answered.</param>
public sealed record ContactProof(string User, string Method, string Address, DateTimeOffset? AnsweredAt, string? AnsweredBy, DateTimeOffset? AskedAt)
{
    /// <summary>What was not answered for so long is not relied on.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromDays(90);

    /// <summary>How long a test waits for its answer before that counts against the method.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(2);

    public ProofState StateAt(DateTimeOffset now) =>
        AnsweredAt is not { } answered ? ProofState.Never
        : now - answered > Long || (AskedAt > answered && now - AskedAt > Patience) ? ProofState.Stale
        : ProofState.Good;
}
