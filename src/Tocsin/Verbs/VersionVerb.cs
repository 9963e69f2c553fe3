using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Operations;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>The server's version, or this program's own when no server is named.</summary>
internal static class VersionVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new ClientVerb("version", "Print this program's version; with --server or TOCSIN_SERVER, the server's too", terminal);
        verb.Runs(async (_, run, ct) =>
        {
            var ours = BuildInfo.Commit.Length > 0 ? $"tocsin {BuildInfo.Version} ({BuildInfo.Commit})" : $"tocsin {BuildInfo.Version}";
            if (!run.ServerIsGiven)
            {
                run.Show(
                    new VersionView(BuildInfo.Version, BuildInfo.Commit, "", ""), WireJson.Default.VersionView, () => run.Line(ours));
                return ExitCode.Ok;
            }

            run.Aside(ours);
            var theirs = await run.Client.GetVersionAsync(ct);
            run.Show(theirs, WireJson.Default.VersionView, () => run.Line(
                $"server {Plain.Line(theirs.Version)} ({Plain.Line(theirs.Commit)}), {Plain.Line(theirs.Database)}, schema {Plain.Line(theirs.Schema)}"));
            return ExitCode.Ok;
        });
        return verb;
    }
}
