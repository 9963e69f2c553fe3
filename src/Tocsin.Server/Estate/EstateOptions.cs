using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Estate;

/// <summary>What people may put into estates. Section <c>Estate</c>.</summary>
public sealed class EstateOptions
{
    /// <summary>
    /// Workspaces whose people may use references (<c>${env:X}</c>, <c>${file:/x}</c>) in objects that come from no file: names
    /// separated by commas, or <c>*</c> for all. A reference reads this server's environment and files, so it is for those who
    /// could read them anyway. Default: the installation's first workspace.
    /// </summary>
    [RegularExpression(@"^(\*|([a-z0-9-]+(\s*,\s*[a-z0-9-]+)*)?)$", ErrorMessage = "Estate:References is a list of workspaces separated by commas, or *.")]
    public string References { get; set; } = "";

    internal bool MayRefer(long workspace, string name) => References.Length == 0
        ? workspace == 1
        : References == "*" || References.Split(',', StringSplitOptions.TrimEntries).Contains(name, StringComparer.Ordinal);
}

[OptionsValidator]
internal sealed partial class EstateOptionsValidator : IValidateOptions<EstateOptions>;
