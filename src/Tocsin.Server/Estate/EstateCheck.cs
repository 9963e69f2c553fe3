using System.Text;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>Everything that <c>tocsin check</c> has to say about an estate.</summary>
/// <param name="Faults">Any of them keeps the estate from being applied.</param>
/// <param name="TestFailures">Route tests whose expectation does not hold.</param>
internal sealed record EstateReport(
    IReadOnlyList<string> Workspaces, int Objects, int Tests,
    IReadOnlyList<EstateFault> Faults, IReadOnlyList<EstateFault> Warnings, IReadOnlyList<EstateFault> TestFailures)
{
    /// <summary>No fault and no failed test; warnings do not count.</summary>
    public bool Ok => Faults.Count == 0 && TestFailures.Count == 0;

    /// <summary>One line for each finding, then a summary; ends with a line end.</summary>
    public string Render()
    {
        var text = new StringBuilder();
        foreach (var finding in Faults.Concat(TestFailures).Concat(Warnings))
        {
            text.Append(finding).Append('\n');
        }

        text.Append(Ok ? "ok: " : "failed: ")
            .Append(Count(Objects, "object")).Append(" in ").Append(Count(Workspaces.Count, "workspace")).Append(", ")
            .Append(Count(Faults.Count, "error")).Append(", ").Append(Count(Warnings.Count, "warning"));
        if (Faults.Count == 0)
        {
            text.Append(", ").Append(TestFailures.Count).Append(" of ").Append(Count(Tests, "route test")).Append(" failed");
        }

        return text.Append('\n').ToString();
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}

/// <summary>Checks an estate without a server and without a database.</summary>
internal sealed class EstateCheck(EstateProviders providers, TimeProvider clock)
{
    /// <param name="path">A file or a folder.</param>
    public EstateReport Run(string path, EstateResolver resolver) => Run(EstateFiles.Read(path), resolver);

    public EstateReport Run(EstateText text, EstateResolver resolver)
    {
        var now = clock.GetUtcNow();
        var (secrets, unknown) = (new EstateSecrets(providers), new List<(string Variable, Mark Mark)>());
        text = text with { Objects = [.. text.Objects.Select(o => secrets.StandIn(o, resolver, unknown))] };
        var compiler = new EstateCompiler(providers, _ => resolver);
        var compiled = text.Workspaces
            .Select(workspace => compiler.Compile(workspace, [.. text.Objects.Where(o => o.Workspace == workspace)], now))
            .ToArray();
        var shared = EstateCompiler.SharedKeys(compiled.Where(c => c.Model is not null).Select(c => (c.Model!, text.Objects)));
        var failures = compiled
            .Where(c => c.Model is not null)
            .SelectMany(c => RouteTests.Run(c.Model!, now).Select(f => EstateFault.Error(c.TestMarks[f.Test], f.Path, $"route test failed: {f.Text}")));
        return new(
            text.Workspaces,
            text.Objects.Count,
            compiled.Sum(c => c.TestMarks.Count),
            [.. text.Faults, .. compiled.SelectMany(c => c.Faults), .. shared],
            [
                .. unknown.Select(u => EstateFault.Warning(u.Mark, "", $"{u.Variable} is not set here: a server that stores this secret keeps it, another refuses the text")),
                .. compiled.SelectMany(c => c.Warnings),
            ],
            [.. failures]);
    }
}
