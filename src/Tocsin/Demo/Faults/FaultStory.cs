using Tocsin.Telemetry;

namespace Tocsin.Demo.Faults;

/// <summary>
/// A shop that is calm, and then not: lines and figures second by second, and when what was wrong where. The same story is told for the same seed and
/// start.
/// </summary>
/// <param name="faults">Begin together, each at its own service.</param>
/// <param name="start">The first second.</param>
/// <param name="calm">How long all is well before they begin.</param>
/// <param name="rate">Lines a second, of all services together.</param>
internal sealed class FaultStory(int seed, IReadOnlyList<FaultCase> faults, DateTimeOffset start, TimeSpan calm, double rate)
{
    /// <summary>How long a fault takes to be at its worst.</summary>
    public static readonly TimeSpan Growing = TimeSpan.FromSeconds(30);

    /// <summary>Seconds between two figures of a service.</summary>
    public const int FiguresEvery = 15;

    private readonly MadeTraffic _traffic = new(seed);

    public DateTimeOffset StartsAt => start;

    public DateTimeOffset FaultsBeginAt => start + calm;

    /// <summary>The lines of one second, in the order of time. Seconds are asked for one after another.</summary>
    public IEnumerable<LogLine> Lines(long second)
    {
        var count = (int)(Math.Floor(rate * (second + 1)) - Math.Floor(rate * second));
        for (var i = 0; i < count; i++)
        {
            var at = start.AddSeconds(second + ((double)i / count));
            var service = _traffic.AnyService();
            yield return FaultOf(service) is { } fault && _traffic.Happens(fault.ErrorShare * StrengthAt(at)) ? _traffic.Bad(fault, service, at) : _traffic.Calm(service, at);
        }
    }

    /// <summary>What the services measure in one second; nothing in most.</summary>
    public IEnumerable<MadeFigures> Figures(long second)
    {
        if (second % FiguresEvery != 0)
        {
            yield break;
        }

        var at = start.AddSeconds(second);
        foreach (var service in MadeTraffic.Services)
        {
            yield return _traffic.Figures(service, at, FaultOf(service) is { } fault ? fault.Full * StrengthAt(at) : Stress.None);
        }
    }

    private FaultCase? FaultOf(string service) => faults.FirstOrDefault(f => f.Service == service);

    private double StrengthAt(DateTimeOffset at) => Math.Clamp((at - FaultsBeginAt) / Growing, 0, 1);
}
