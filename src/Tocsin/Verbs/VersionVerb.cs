using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>The server's version, or this program's own when no server is named.</summary>
internal static class VersionVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new ClientVerb("version", "Print this program's version; with --server or TOCSIN_SERVER, the server's too", terminal);
        verb.Runs(async (_, session, ct) =>
        {
            var ours = BuildInfo.Commit.Length > 0 ? $"tocsin {BuildInfo.Version} ({BuildInfo.Commit})" : $"tocsin {BuildInfo.Version}";
            if (!session.ServerIsGiven)
            {
                session.Show(
                    new VersionView(BuildInfo.Version, BuildInfo.Commit, "", ""), WireJson.Default.VersionView, () => session.Line(ours));
                return ExitCode.Ok;
            }

            session.Aside(ours);
            var theirs = await session.Client.GetVersionAsync(ct);
            session.Show(theirs, WireJson.Default.VersionView, () => session.Line(
                $"server {Plain.Line(theirs.Version)} ({Plain.Line(theirs.Commit)}), {Plain.Line(theirs.Database)}, schema {Plain.Line(theirs.Schema)}"));
            return ExitCode.Ok;
        });
        return verb;
    }
}
