using System.Collections.Frozen;

namespace Tocsin.Alerts;

/// <summary>The words that senders use for an alert's state.</summary>
public static class StatusWords
{
    private static readonly FrozenDictionary<string, SignalStatus> Known = WordTable.Of(
        (SignalStatus.Firing, "firing alerting alarm triggered trigger re-triggered open opened down fired activated created critical warning error"
            + " no_data nodata insufficient_data"),
        (SignalStatus.Resolved, "resolved resolve ok up closed close recovered success normal healthy"),
        (SignalStatus.Acknowledged, "acknowledged acknowledge ack"),
        (SignalStatus.Info, "info"));

    /// <summary>What a sender's word means, without regard to case and outer blanks; null for a word we do not know.</summary>
    public static SignalStatus? Read(string? word)
    {
        if (string.IsNullOrEmpty(word))
        {
            return null;
        }

        if (Known.TryGetValue(word, out var status) || Known.TryGetValue(word.Trim(), out status))
        {
            return status;
        }

        return word.Trim().Equals("no data", StringComparison.OrdinalIgnoreCase) ? SignalStatus.Firing : null;
    }

    /// <summary>Our word, lower case.</summary>
    public static string Word(this SignalStatus status) => status switch
    {
        SignalStatus.Firing => "firing",
        SignalStatus.Resolved => "resolved",
        SignalStatus.Acknowledged => "acknowledged",
        _ => "info",
    };
}
