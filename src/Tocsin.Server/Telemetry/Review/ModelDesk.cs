using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Operations;
using Tocsin.Providers;

namespace Tocsin.Telemetry;

/// <summary>Asks the model what it thinks of a service, within its budget, and again when it gives no usable answer.</summary>
/// <param name="model">Null: none is configured.</param>
internal sealed class ModelDesk(IModel? model, ModelBudget budget, IOptions<AiOptions> options, TimeProvider clock, ILogger<ModelDesk> logger)
{
    private const int MostTries = 3;

    /// <summary>A language of three letters a token costs more than is thought; the provider's count puts it right.</summary>
    private const int CharactersPerToken = 3;

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _margin = TimeSpan.FromMilliseconds(50);

    /// <summary>Longer pauses are for the next look, not for one that somebody waits for.</summary>
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(20);

    private readonly ModelGate _gate = new(clock);

    public bool IsConfigured => model is not null;

    public string Name => options.Value.Name;

    /// <returns>
    /// What it thinks; an error of kind Conflict when there is no model, TooMany when the budget is spent, Unavailable when it does not answer usably.
    /// </returns>
    /// <exception cref="Data.StoreUnavailableException">The budget cannot be read; the model was not asked.</exception>
    public async Task<Result<ModelVerdict>> JudgeAsync(long workspace, ReviewFacts facts, CancellationToken ct)
    {
        if (model is null)
        {
            return Error.Conflict("model.off", "No model is configured. The rules watch without one; Ai:Provider adds one.");
        }

        var why = "";
        for (var attempt = 1; attempt <= MostTries; attempt++)
        {
            if (_gate.Enter() is { } closed)
            {
                return Error.Unavailable(closed);
            }

            var prompt = ReviewPrompt.Of(facts, RandomNumberGenerator.GetHexString(16, lowercase: true));
            var asked = (prompt.System.Length + prompt.Text.Length) / CharactersPerToken;
            var charge = await budget.PayAsync(workspace, asked + options.Value.MaxAnswerTokens, ct);
            if (!charge.Ok)
            {
                return charge.Error;
            }

            TimeSpan? after = null;
            switch (await model.AskAsync(prompt, ct))
            {
                case ModelAnswer.Said said:
                    _gate.Worked();
                    await budget.SettleAsync(charge.Value, said.Tokens ?? asked + (said.Text.Length / CharactersPerToken), ct);
                    var reading = VerdictReader.Read(said.Text);
                    Count(reading.Kind.ToString().ToLowerInvariant(), said.Tokens ?? 0);
                    if (reading.Verdict is { } verdict)
                    {
                        return verdict;
                    }

                    why = reading.Kind == VerdictKind.Refused ? "it would not say anything." : "what it said cannot be read.";
                    break;

                case ModelAnswer.Later later:
                    _gate.Failed(later.Reason, later.After);
                    await budget.SettleAsync(charge.Value, later.MayHaveCost ? charge.Value.Tokens : 0, ct);
                    Count("failed", 0);
                    (why, after) = (later.Reason, later.After);
                    break;

                case ModelAnswer.Refused refused:
                    _gate.Refused(refused.Reason);
                    await budget.SettleAsync(charge.Value, 0, ct);
                    Count("refused_by_provider", 0);
                    logger.ModelRefused(Name, refused.Reason);
                    return Error.Unavailable(refused.Reason);
            }

            // A little more than was asked for: timers are not exact, and who comes early is sent away again.
            var wait = after + _margin ?? _pause * attempt;
            if (attempt == MostTries || wait > _longestPause)
            {
                break;
            }

            await Task.Delay(wait, clock, ct);
        }

        logger.ModelUseless(Name, why);
        return Error.Unavailable($"The model gave no usable answer: {why}");
    }

    private void Count(string outcome, long tokens)
    {
        Instruments.ModelCalls.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        Instruments.ModelTokens.Add(tokens);
    }
}

internal static partial class ModelLog
{
    [LoggerMessage(2841, LogLevel.Error, "Model {Model} is not asked for 10 min: {Reason}")]
    public static partial void ModelRefused(this ILogger logger, string model, string reason);

    [LoggerMessage(2842, LogLevel.Warning, "Model {Model} gave no usable answer ({Reason}); the next look asks again")]
    public static partial void ModelUseless(this ILogger logger, string model, string reason);

    [LoggerMessage(2843, LogLevel.Warning, "The model is not asked now: {Reason}")]
    public static partial void ReviewWaits(this ILogger logger, string reason);

    [LoggerMessage(2844, LogLevel.Error, "Asking the model met a bug; it is tried again in 30 s")]
    public static partial void ReviewBroke(this ILogger logger, Exception e);
}
