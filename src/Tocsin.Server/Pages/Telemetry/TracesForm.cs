using Microsoft.AspNetCore.Http;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>Which traces are looked for, as the page's address has it. Each link of the page is this with something else in it.</summary>
public sealed record TracesForm(TimeWindow Window)
{
    public const string Path = "/traces";

    public static readonly IReadOnlyList<(string Order, string Text)> Orders = [("", "errors first"), ("newest", "newest"), ("slowest", "slowest")];

    public string Service { get; init; } = "";

    /// <summary>How the trace began, or with a service how that one's part began.</summary>
    public string Operation { get; init; } = "";

    public bool Errors { get; init; }

    /// <summary>Such as 250ms; empty: any.</summary>
    public string LongerThan { get; init; } = "";

    /// <summary>newest or slowest; empty: those with errors first.</summary>
    public string Order { get; init; } = "";

    public bool IsNarrowed => Service.Length + Operation.Length + LongerThan.Length > 0 || Errors;

    public string Address => At(Window);

    public string At(TimeWindow window) => Path + QueryString.Create(window.Pairs.Concat(Narrowing).Select(static p => new KeyValuePair<string, string?>(p.Key, p.Value)));

    /// <summary>All but the time, for the hidden fields of a form.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Narrowing =>
    [
        .. ((KeyValuePair<string, string>[])
        [
            new("service", Service), new("operation", Operation), new("errors", Errors ? "yes" : ""), new("longer_than", LongerThan), new("order", Order),
        ]).Where(static p => p.Value.Length > 0),
    ];

    /// <returns>What was asked, and what is wrong with it: then the time is the last hour.</returns>
    internal static (TracesForm Form, Error? Fault) Read(IQueryCollection query, Clock clock)
    {
        string Typed(string name) => query[name].FirstOrDefault()?.Trim() ?? "";
        var window = TimeWindow.Parse(Typed("last"), Typed("from"), Typed("to"), clock);
        var form = new TracesForm(window.Ok ? window.Value : TimeWindow.Until(TimeWindow.Usual, clock))
        {
            Service = Typed("service"),
            Operation = Typed("operation"),
            Errors = Typed("errors").Length > 0,
            LongerThan = Typed("longer_than"),
            Order = Orders.Any(o => o.Order == Typed("order")) ? Typed("order") : "",
        };
        return (form, window.Error ?? (form.LongerThan.Length > 0 && TraceTime.Read(form.LongerThan) is null ? Error.Invalid("longer_than", TraceTime.Advice) : null));
    }
}
