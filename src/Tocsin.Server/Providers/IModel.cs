using Tocsin.Telemetry;

namespace Tocsin.Providers;

/// <summary>A language model at the end of some interface. What it says is data, never instruction.</summary>
internal interface IModel
{
    /// <summary>Asks once. Ends within the timeout of the settings; no fault of the other side is an exception.</summary>
    Task<ModelAnswer> AskAsync(ModelPrompt prompt, CancellationToken ct);
}

/// <summary>How a question to a model ended.</summary>
internal abstract record ModelAnswer
{
    /// <param name="Text">As it was said; empty: it said nothing.</param>
    /// <param name="Tokens">Question and answer together, as the provider counted; null: it did not say.</param>
    internal sealed record Said(string Text, long? Tokens) : ModelAnswer;

    /// <summary>It does not answer now; the same question may be answered later.</summary>
    /// <param name="Reason">A sentence that is safe to show.</param>
    /// <param name="After">How long the provider wants to be left alone; null: it did not say.</param>
    /// <param name="MayHaveCost">The question may have been worked on, and may be on the bill.</param>
    internal sealed record Later(string Reason, TimeSpan? After = null, bool MayHaveCost = false) : ModelAnswer;

    /// <summary>It will not answer before somebody changes the settings or the account.</summary>
    /// <param name="Reason">A sentence that is safe to show.</param>
    internal sealed record Refused(string Reason) : ModelAnswer;
}
