// A QR code as one path of an SVG, dark on white in both modes, as cameras want it. Nothing leaves the page.
import qrcode from "qrcode-generator";

const MARGIN = 4; // modules, ISO/IEC 18004

export function QrCode({ text, label }: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row += 1)
    for (let column = 0; column < count; column += 1) {
      let run = 0;
      while (column + run < count && code.isDark(row, column + run)) run += 1;
      if (run) path += `M${column + MARGIN} ${row + MARGIN}h${run}v1h${-run}z`;
      column += run;
    }
  const side = count + 2 * MARGIN;
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={path} />
    </svg>
  );
}
