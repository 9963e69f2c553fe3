using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Tocsin.Load;

namespace Tocsin.Crash;

/// <summary>What was promised and what came: the alerts that were answered with 2xx, and the pages that were received.</summary>
internal sealed partial class Ledger
{
    /// <summary>What stands before the digits that name an alert, in its labels, its title and therefore in its page.</summary>
    public const string Mark = "crash-";

    private readonly ConcurrentDictionary<int, bool> _acknowledged = [];
    private readonly ConcurrentQueue<(int Life, ReceivedPage Page)> _pages = [];
    private int _life;

    /// <summary>Alerts that were answered with 2xx at least once.</summary>
    public ICollection<int> Acknowledged => _acknowledged.Keys;

    /// <summary>Each page with the life of the process that sent it.</summary>
    public IReadOnlyCollection<(int Life, ReceivedPage Page)> Pages => _pages;

    public void Acknowledge(int alert) => _acknowledged.TryAdd(alert, true);

    public void Take(ReceivedPage page) => _pages.Enqueue((_life, page));

    /// <summary>The process is dead and all that it sent was read; what comes now comes from the next.</summary>
    public void NextLife() => _life++;

    /// <summary>The alerts that a text names.</summary>
    public static IEnumerable<int> AlertsIn(string text) =>
        Marked().Matches(text).Select(m => int.Parse(m.Groups["number"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)).Distinct();

    [GeneratedRegex(Mark + "(?<number>[0-9]{9})", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Marked();
}
