using System.Text.RegularExpressions;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// Reads an answer in prose, by whole words. A model that was asked for JSON and did not give it gets the benefit of no doubt: what says that all is
/// well wins over what sounds like trouble.
/// </summary>
internal static partial class ProseVerdict
{
    private static readonly (string Action, Regex Words)[] _actions =
    [
        ("restart_service", Restart()),
        ("scale_replicas", Scale()),
        ("flush_cache", Flush()),
        ("clear_queue", Queue()),
        ("rollback_deployment", Rollback()),
        ("clear_disk", Disk()),
    ];

    public static VerdictReading Read(string text)
    {
        var said = ModelText.Block(text.Replace('’', '\''));
        if (said.Length == 0)
        {
            return new(VerdictKind.Unusable, null);
        }

        if (Refusal().IsMatch(said))
        {
            return new(VerdictKind.Refused, null);
        }

        if (Healthy().IsMatch(NotHealthy().Replace(said, "")))
        {
            return new(VerdictKind.Read, new() { IsAnomaly = false, IsFromProse = true });
        }

        return Trouble().IsMatch(said) ? new(VerdictKind.Read, Of(said)) : new(VerdictKind.Unusable, null);
    }

    private static ModelVerdict Of(string said)
    {
        var line = ModelText.Line(said, 500);
        var end = SentenceEnd().Match(line);
        var named = Array.Find(_actions, a => a.Words.IsMatch(said)).Action;
        return new()
        {
            IsAnomaly = true,
            Severity = Critical().IsMatch(said) ? Severity.Critical : High().IsMatch(said) ? Severity.High : Low().IsMatch(said) ? Severity.Info : Severity.Warning,
            Title = ModelText.Cut(end.Success ? line[..end.Index] : line, 100),
            RootCause = ModelText.Cut(said, 500),
            Actions = named is null ? [] : [new(named, "", "named in the answer")],
            Summary = ModelText.Cut(said, 500),
            IsFromProse = true,
        };
    }

    [GeneratedRegex(
        @"\b(i cannot|i can't|i can not|i am unable|i'm unable|i am not able|i'm not able|i won't|i will not|as an ai|i'm sorry|i am sorry|i apologi[sz]e|unable to (assist|help|comply|process)|can't (assist|help)|cannot (assist|help))\b",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Refusal();

    [GeneratedRegex(
        @"\b(no (\w+ )?(issues?|problems?|anomal(y|ies)|errors?|failures?|incidents?|concerns?)|all clear|all good|nothing (unusual|abnormal|wrong|to report)|(operating|running|working|functioning) (normally|as expected)|within (the )?normal|(looks|appears|seems|is|are) (normal|healthy|fine|stable)|healthy)\b",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Healthy();

    [GeneratedRegex(@"\b(not|never|isn't|aren't|no longer) (\w+ )?(healthy|normal|fine|stable|all clear|all good|within (the )?normal|(operating|running|working|functioning) (normally|as expected))\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex NotHealthy();

    [GeneratedRegex(
        @"\b(errors?|issues?|problems?|timeouts?|timed out|failures?|fail(s|ed|ing)|exceptions?|crash(es|ed|ing)?|outages?|unavailable|degraded|critical|anomal(y|ies)|warnings?|alerts?|high (cpu|memory|latency|load)|out of memory|exhausted|refused|not healthy|unhealthy)\b",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Trouble();

    [GeneratedRegex(@"\bcritical(ly)?\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Critical();

    [GeneratedRegex(@"\b(high|severe(ly)?)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex High();

    [GeneratedRegex(@"\b(low|minor)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Low();

    [GeneratedRegex(@"[.!?](\s|$)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"\b(restart(ed|ing)?|reboot(ed|ing)?)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Restart();

    [GeneratedRegex(@"\b(scal(e|ing)|more replicas|add(ing)? instances?)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Scale();

    [GeneratedRegex(@"\b(flush(ing)?|clear(ing)?|invalidat(e|ing)) (the )?(\w+ )?cache\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Flush();

    [GeneratedRegex(@"\b(clear(ing)?|purg(e|ing)|drain(ing)?) (the )?(\w+ )?queues?\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Queue();

    [GeneratedRegex(@"\b(rollback|roll(ing)? back|revert(ing)?)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Rollback();

    [GeneratedRegex(@"\b(clear(ing)?|free(ing)?( up)?|clean(ing)?( up)?) (the )?(\w+ )?(disk|space|logs)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Disk();
}
